package io.distsync.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.options.TimeValue;

/** The results of one suite, round by round, and what they say. */
final class Report {

    private static final String ALLOCATION = "gc.alloc.rate.norm";
    private static final String COUNTED = "#"; // the unit of a counter

    private final Suite suite;
    private final Map<String, List<RunResult>> rounds = new LinkedHashMap<>();
    private final List<RunResult> raw = new ArrayList<>();
    private final double loadAtStart =
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();

    Report(Suite suite) {
        this.suite = suite;
        suite.cases().forEach(each -> rounds.put(each.label(), new ArrayList<>()));
    }

    void add(Suite.Case each, RunResult result) {
        results(each.label()).add(result);
        raw.add(result);
    }

    /** Writes the tables and JMH's own record of every run. */
    void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve(suite.name() + ".md"), markdown());
        Files.writeString(directory.resolve(suite.name() + ".json"), json());
    }

    String markdown() {
        StringBuilder text = new StringBuilder();
        text.append("### ")
                .append(suite.title())
                .append("\n\n")
                .append(conditions())
                .append('\n');
        text.append("\n| | median (min … max) | unit | B/op | goal | |\n|---|---|---|---|---|---|\n");
        for (Suite.Case each : suite.cases()) {
            Spread scores = Spread.of(scores(each.label()));
            row(text, each.label(), scores, unit(each.label()), allocation(each.label()), each.goal());
        }
        if (!suite.besides().isEmpty()) {
            text.append("\n| | | median (min … max) | goal | |\n|---|---|---|---|---|\n");
        }
        for (Suite.Figure figure : suite.besides()) {
            for (Suite.Case each : suite.cases()) {
                Spread counted = Spread.of(counted(each.label(), figure.counter()));
                row(text, figure.counter() + " | " + each.label(), counted, null, null, figure.goal());
            }
        }
        if (!suite.ratios().isEmpty()) {
            text.append("\n| paired ratio | median (min … max) | goal | |\n|---|---|---|---|\n");
        }
        for (Suite.Ratio each : suite.ratios()) {
            Spread spread = Spread.of(paired(scores(each.contender()), scores(each.baseline())));
            row(text, each.contender() + " / " + each.baseline(), spread, null, null, each.goal());
        }
        return text.toString();
    }

    private static void row(
            StringBuilder text,
            String label,
            Spread spread,
            @Nullable String unit,
            @Nullable String allocation,
            @Nullable Goal goal) {
        text.append("| ").append(label).append(" | ").append(spread).append(" | ");
        if (unit != null) {
            text.append(unit).append(" | ").append(allocation).append(" | ");
        }
        text.append(goal == null ? "| |" : goal + " | " + goal.verdict(spread) + " |")
                .append('\n');
    }

    /** Contender by baseline of the same round. */
    static List<Double> paired(List<Double> contender, List<Double> baseline) {
        return IntStream.range(0, contender.size())
                .mapToObj(round -> contender.get(round) / baseline.get(round))
                .toList();
    }

    private String conditions() {
        return String.format(
                Locale.ROOT,
                "Pairs: %d; %s %s, JDK %s, %d processors, load at the start %.1f; warm-up %s, measured %s.",
                results(suite.cases().get(0).label()).size(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.version"),
                Runtime.getRuntime().availableProcessors(),
                loadAtStart,
                iterations(raw.get(0).getParams().getWarmup()),
                iterations(raw.get(0).getParams().getMeasurement()));
    }

    private static String iterations(IterationParams params) {
        return params.getCount() + " × " + (params.getTime().equals(TimeValue.NONE) ? "1 shot" : params.getTime());
    }

    private List<RunResult> results(String label) {
        return Objects.requireNonNull(rounds.get(label), () -> "no case is called " + label);
    }

    private List<Double> scores(String label) {
        return results(label).stream().map(run -> score(run).getScore()).toList();
    }

    private List<Double> counted(String label, String counter) {
        return results(label).stream()
                .map(run -> secondary(run, counter).getScore())
                .toList();
    }

    private Result<?> score(RunResult run) {
        String secondary = suite.secondary();
        return secondary == null ? run.getPrimaryResult() : secondary(run, secondary);
    }

    private static Result<?> secondary(RunResult run, String counter) {
        return Objects.requireNonNull(run.getSecondaryResults().get(counter), counter);
    }

    private String unit(String label) {
        String secondary = suite.secondary();
        String unit = score(results(label).get(0)).getScoreUnit();
        if (secondary == null) {
            return unit;
        }
        return unit.equals(COUNTED) ? secondary : secondary + ", " + unit;
    }

    /** Bytes allocated for each operation, by all threads of the process; empty if that is not what the suite is about. */
    private String allocation(String label) {
        if (suite.secondary() != null) {
            return "";
        }
        List<Double> bytes = results(label).stream()
                .map(run -> Objects.requireNonNull(run.getSecondaryResults().get(ALLOCATION), ALLOCATION))
                .map(result -> result.getScore())
                .toList();
        return Spread.format(Spread.of(bytes).median());
    }

    private String json() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(written, true, StandardCharsets.UTF_8);
        ResultFormatFactory.getInstance(ResultFormatType.JSON, stream).writeOut(raw);
        // Where the JVM is installed says nothing of the result.
        return written.toString(StandardCharsets.UTF_8).replaceAll("(\"jvm\" : )\"[^\"]*\"", "$1\"java\"");
    }
}
