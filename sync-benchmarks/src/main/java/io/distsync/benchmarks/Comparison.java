package io.distsync.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Measures suites round by round: in each round every benchmark of the suite runs once, in a JVM of its own, so that a
 * contender and its baseline are neighbours in time. JMH alone would finish one before it begins the other, and compare
 * two moods of the machine.
 *
 * <p>Arguments: names of suites (all, if there is none), {@code --pairs n} (7), {@code --to directory}, and options of
 * JMH, which override what the benchmarks say of themselves.
 */
public final class Comparison {

    private static final Path DEFAULT_DIRECTORY = Path.of("sync-benchmarks", "target", "comparison");

    private final int pairs;
    private final Path directory;
    private final CommandLineOptions jmh;

    private Comparison(int pairs, Path directory, CommandLineOptions jmh) {
        if (pairs < 1) {
            throw new IllegalArgumentException("--pairs must be at least 1, but is " + pairs);
        }
        this.pairs = pairs;
        this.directory = directory;
        this.jmh = jmh;
    }

    public static void main(String[] arguments) throws CommandLineOptionException, RunnerException, IOException {
        int pairs = 7;
        Path directory = DEFAULT_DIRECTORY;
        List<String> others = new ArrayList<>();
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        while (!rest.isEmpty()) {
            String argument = rest.remove();
            switch (argument) {
                case "--pairs" -> pairs = Integer.parseInt(rest.remove());
                case "--to" -> directory = Path.of(rest.remove());
                default -> others.add(argument);
            }
        }
        new Comparison(pairs, directory, new CommandLineOptions(others.toArray(String[]::new))).run();
    }

    private void run() throws RunnerException, IOException {
        List<Suite> suites = chosen(jmh.getIncludes());
        StringBuilder tables = new StringBuilder();
        for (Suite suite : suites) {
            Report report = measure(suite);
            report.write(directory);
            tables.append('\n').append(report.markdown());
        }
        System.out.println(tables);
    }

    private static List<Suite> chosen(List<String> names) {
        List<Suite> all = Suite.all();
        List<String> known = all.stream().map(Suite::name).toList();
        if (!known.containsAll(names)) {
            throw new IllegalArgumentException("suites are " + known + ", but asked for " + names);
        }
        return all.stream()
                .filter(suite -> names.isEmpty() || names.contains(suite.name()))
                .toList();
    }

    private Report measure(Suite suite) throws RunnerException {
        Report report = new Report(suite);
        for (int round = 0; round < pairs; round++) {
            List<Suite.Case> order = new ArrayList<>(suite.cases());
            if (round % 2 == 1) {
                Collections.reverse(order); // so that a drift of the machine favours nobody
            }
            for (Suite.Case each : order) {
                report.add(each, measure(each));
            }
        }
        return report;
    }

    private RunResult measure(Suite.Case each) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .parent(jmh)
                .include("^" + Pattern.quote(each.benchmark()) + "$")
                .threads(each.threads())
                .forks(1)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true);
        each.params().forEach(options::param);
        return new Runner(options.build()).runSingle();
    }
}
