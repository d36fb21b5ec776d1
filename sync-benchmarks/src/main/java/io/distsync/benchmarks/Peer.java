package io.distsync.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Another process that updates the state: a round each time it is told to. Ends with its input, so with this process. */
final class Peer implements AutoCloseable {

    static final String DONE = "done";

    private static final String NONE = "none";
    private static final List<String> HEAP = List.of("-Xms1g", "-Xmx1g");

    private final Process process;
    private final BufferedReader said;

    private Peer(Process process) {
        this.process = process;
        this.said = process.inputReader(StandardCharsets.UTF_8);
    }

    /** A process that is connected and waits. */
    static Peer start(Way way, String uri, int threads, int updates) {
        return start(HEAP, way, new Servers(uri, null, null), threads, updates);
    }

    /** The same, with these options of the JVM, and whatever servers the way takes. */
    static Peer start(List<String> options, Way way, Servers servers, int threads, int updates) {
        return start(
                options,
                Peer.class,
                way.name(),
                servers.redis(),
                servers.kafka() == null ? NONE : servers.kafka(),
                servers.zooKeeper() == null ? NONE : servers.zooKeeper(),
                Integer.toString(threads),
                Integer.toString(updates));
    }

    /**
     * A process that is ready and waits.
     *
     * @param main says {@link #DONE} when it is ready and after each round, with whatever is to be told of it in the same line, and ends with its input
     */
    static Peer start(Class<?> main, String... arguments) {
        return start(HEAP, main, arguments);
    }

    /** The same, with these options of the JVM. */
    static Peer start(List<String> options, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        try {
            Peer peer = new Peer(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
            peer.awaitDone();
            return peer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets it begin its next round. */
    void begin() {
        begin("");
    }

    /** Lets it begin its next round, and tells it in one line what that is. */
    void begin(String round) {
        try {
            process.getOutputStream().write((round + '\n').getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns when it has nothing left to do, with what it says of the round. */
    String awaitDone() {
        try {
            String line = said.readLine();
            while (line != null && !line.startsWith(DONE)) {
                System.err.println(line);
                line = said.readLine();
            }
            if (line == null) {
                throw new IllegalStateException("the other process did not say that it is done");
            }
            return line.substring(DONE.length());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void close() {
        process.destroy();
    }

    /** Arguments: way, URI of Redis, broker, ZooKeeper, threads, updates of each. */
    public static void main(String[] arguments) throws IOException {
        int updates = Integer.parseInt(arguments[5]);
        Servers servers = new Servers(arguments[1], orNull(arguments[2]), orNull(arguments[3]));
        try (SharedState state = Way.valueOf(arguments[0]).open(servers);
                Crew crew = new Crew(Integer.parseInt(arguments[4]))) {
            BufferedReader told = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            System.out.println(DONE);
            while (told.readLine() != null) {
                crew.each(updates, state::increment);
                System.out.println(DONE);
            }
        }
    }

    private static @Nullable String orNull(String argument) {
        return argument.equals(NONE) ? null : argument;
    }
}
