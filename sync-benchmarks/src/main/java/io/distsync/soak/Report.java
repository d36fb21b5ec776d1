package io.distsync.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The outcome of a run as text, as numbers and as a picture. */
final class Report {

    private final Outcome outcome;
    private final String name;

    Report(Outcome outcome) {
        this.outcome = outcome;
        this.name = outcome.plan().mode().argument();
    }

    /**
     * Writes numbers and picture into a folder. The text goes between the marks of its mode in the document beside the folder,
     * which has its name, if there is one that has them; else into the folder, too.
     */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve(name + ".csv"),
                outcome.readings().stream()
                        .map(Reading::csv)
                        .collect(Collectors.joining("\n", Reading.HEADER + "\n", "\n")));
        Files.writeString(folder.resolve(name + ".svg"), Chart.of(outcome));
        Path document = folder.resolveSibling(folder.getFileName() + ".md");
        String picture = "![Heap, threads and keys over time](" + folder.getFileName() + "/" + name + ".svg)";
        Matcher place = Pattern.compile("(?s)(?<=<!-- " + name + " -->\n).*(?=<!-- /" + name + " -->)")
                .matcher(Files.exists(document) ? Files.readString(document) : "");
        if (place.find()) {
            Files.writeString(
                    document,
                    place.replaceFirst(Matcher.quoteReplacement("\n" + markdown() + "\n" + picture + "\n\n")));
        } else {
            Files.writeString(folder.resolve(name + ".md"), markdown());
        }
    }

    String markdown() {
        Plan plan = outcome.plan();
        StringBuilder text = new StringBuilder();
        text.append("### ").append(plan.mode().title()).append("\n\n");
        text.append(String.format(
                Locale.ROOT,
                "**%s.** %d minutes of load, %d services with %d workers each; %s; %s %s, JDK %s, %d processors, heap of at"
                        + " most %d MB; seed %d.\n\n",
                outcome.isGood() ? "Passed" : "Failed",
                plan.length().toMinutes(),
                plan.members(),
                plan.workers(),
                outcome.store(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.version"),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20,
                plan.seed()));
        text.append("| in quiet | after warm-up | at the end | at most | |\n|---|---|---|---|---|\n");
        outcome.bounds().forEach(bound -> text.append(bound.row()).append('\n'));
        text.append("| left when all services are closed: threads, connections, unexpected keys | | ")
                .append(outcome.closed().size())
                .append(" | 0 | ")
                .append(outcome.closed().isEmpty() ? "held" : "**exceeded**")
                .append(" |\n\n");
        outcome.closed().forEach(left -> text.append("- Left: ").append(left).append('\n'));
        outcome.wrong()
                .forEach(wrong ->
                        text.append("- Wrong: ").append(firstLine(wrong)).append('\n'));
        text.append("| operation | done | not applied | unknown |\n|---|---|---|---|\n");
        outcome.operations().all().forEach((kind, ends) -> row(text, kind, ends));
        row(text, "all", new long[] {
            outcome.operations().total(Tally.End.DONE),
            outcome.operations().total(Tally.End.NOT_APPLIED),
            outcome.operations().total(Tally.End.UNKNOWN)
        });
        text.append("\n| fault | |\n|---|---|\n");
        counts(text, outcome.faults());
        text.append("\n| told to listeners | |\n|---|---|\n");
        counts(text, outcome.told());
        text.append("\nThreads at the end, in quiet: ")
                .append(outcome.threads().entrySet().stream()
                        .map(each -> each.getValue() + " `" + each.getKey() + "`")
                        .collect(Collectors.joining(", ")))
                .append(".\n");
        return text.toString();
    }

    private static void row(StringBuilder text, String kind, long[] ends) {
        text.append(String.format(Locale.ROOT, "| %s | %,d | %,d | %,d |\n", kind, ends[0], ends[1], ends[2]));
    }

    private static void counts(StringBuilder text, Tally tally) {
        for (Map.Entry<String, long[]> each : tally.all().entrySet()) {
            text.append(String.format(Locale.ROOT, "| %s | %,d |\n", each.getKey(), each.getValue()[0]));
        }
    }

    private static String firstLine(String text) {
        List<String> lines = text.lines().toList();
        return lines.isEmpty() ? "" : lines.get(0);
    }
}
