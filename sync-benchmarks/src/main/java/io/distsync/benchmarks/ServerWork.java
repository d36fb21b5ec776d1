package io.distsync.benchmarks;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RespClient;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a Redis server says of its own work, up to a moment. Times are by the clock on the wall: a server that has to wait
 * for a processor in the middle of a call counts that, too; only the processor time does not.
 *
 * @param commands calls of any command, those within scripts included
 * @param reads how often something was there to be read on a connection: each may be several requests that came together
 */
record ServerWork(long scriptCalls, long scriptMicros, long commands, long reads, double processorMicros) {

    /** Calls that take longer are slow. */
    static final long SLOW_MICROS = 2_000;

    /** To be given to a server when it is started: it then remembers slow calls. */
    static final String[] OPTIONS = {"slowlog-log-slower-than " + SLOW_MICROS, "slowlog-max-len 100000"};

    /** What the server remembers instead of the last arguments of a call that has many. */
    private static final Pattern MORE = Pattern.compile("\\.\\.\\. \\((\\d+) more arguments\\)");

    static ServerWork of(RedisServer server) {
        long calls = 0;
        long micros = 0;
        List<String> commands = info(server, "commandstats");
        for (String line : commands) {
            if (line.startsWith("cmdstat_eval")) { // and evalsha
                calls += (long) number(line, "calls=");
                micros += (long) number(line, "usec=");
            }
        }
        long reads = 0;
        for (String line : info(server, "stats")) {
            if (line.startsWith("total_reads_processed:")) {
                reads = (long) number(line, ":");
            }
        }
        double seconds = 0;
        for (String line : info(server, "cpu")) {
            if (line.startsWith("used_cpu_user_main_thread:") || line.startsWith("used_cpu_sys_main_thread:")) {
                seconds += number(line, ":");
            }
        }
        return new ServerWork(calls, micros, calls(commands), reads, seconds * 1e6);
    }

    ServerWork since(ServerWork before) {
        return new ServerWork(
                scriptCalls - before.scriptCalls,
                scriptMicros - before.scriptMicros,
                commands - before.commands,
                reads - before.reads,
                processorMicros - before.processorMicros);
    }

    /** Calls of any command so far, for those who look often. */
    static long commands(RespClient client) throws IOException {
        return calls(String.valueOf(client.call("INFO", "commandstats")).lines().toList());
    }

    private static long calls(List<String> commandStats) {
        return commandStats.stream()
                .filter(line -> line.startsWith("cmdstat_"))
                .mapToLong(line -> (long) number(line, "calls="))
                .sum();
    }

    double microsPerScript() {
        return (double) scriptMicros / scriptCalls;
    }

    /** Connections of others than the one who asks. */
    static long connections(RedisServer server) {
        return String.valueOf(server.call("CLIENT", "LIST", "TYPE", "normal"))
                        .lines()
                        .count()
                + String.valueOf(server.call("CLIENT", "LIST", "TYPE", "pubsub"))
                        .lines()
                        .count()
                - 1;
    }

    /** How many slow calls there were since this was last asked, and says on the console which. */
    static int slowCalls(RedisServer server, String when) {
        List<?> entries = (List<?>) Objects.requireNonNull(server.call("SLOWLOG", "GET", "100000"));
        server.call("SLOWLOG", "RESET");
        Map<String, long[]> byCommand = new TreeMap<>();
        for (Object entry : entries) {
            List<?> fields = (List<?>) entry;
            long micros = (Long) Objects.requireNonNull(fields.get(2));
            long[] seen = byCommand.computeIfAbsent(described((List<?>) fields.get(3)), absent -> new long[2]);
            seen[0]++;
            seen[1] = Math.max(seen[1], micros);
        }
        byCommand.forEach((command, seen) ->
                System.out.printf("slow while %s: %d × %s, at most %d µs%n", when, seen[0], command, seen[1]));
        return entries.size();
    }

    /** What kind of call it was: one of a script shows by the number of its keys and arguments which script it was. */
    private static String described(List<?> words) {
        String command = String.valueOf(words.get(0)).toUpperCase(Locale.ROOT);
        int arguments = words.size() - 1;
        Matcher more = MORE.matcher(String.valueOf(words.get(arguments)));
        if (more.matches()) {
            arguments += Integer.parseInt(more.group(1)) - 1;
        }
        if (!command.startsWith("EVAL")) {
            return command + " with " + arguments + " arguments";
        }
        int keys = Integer.parseInt(String.valueOf(words.get(2)));
        return command + " with " + keys + " keys and " + (arguments - 2 - keys) + " arguments";
    }

    private static List<String> info(RedisServer server, String section) {
        return String.valueOf(server.call("INFO", section)).lines().toList();
    }

    /** The number behind a word of a line. */
    private static double number(String line, String word) {
        int from = line.indexOf(word) + word.length();
        int to = line.indexOf(',', from);
        return Double.parseDouble(to < 0 ? line.substring(from) : line.substring(from, to));
    }
}
