package io.distsync.benchmarks;

import io.distsync.testsupport.kafka.KafkaProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/**
 * Puts this library beside what one would take instead, on the same work, and shows what becomes of each as the work grows:
 * tables and pictures for a document. In each round of a question all sides are measured in turn, each in a JVM of its own, in
 * the opposite order each second round.
 *
 * <p>Arguments: names of questions (all, if there is none), {@code --rounds n} (3), {@code --to directory}, where
 * {@code benchmarks.md} is, and {@code --quick} for a look that says nothing of speed: a moment each, at few points, in this
 * JVM.
 */
public final class Overview {

    /** What the document calls the part that is written here. */
    static final Section SECTION = new Section("overview");

    private static final Path DEFAULT_DIRECTORY = Path.of("sync-benchmarks", "target", "overview");
    private static final String DOCUMENT = "benchmarks.md";
    private static final String FOLDER = "benchmarks";

    /** Once for each process: that is what has to be compiled. */
    private static final Span FIRST = new Span(4_000, 1_000);

    private static final Span NEXT = new Span(500, 1_000);
    private static final Span QUICK = new Span(100, 100);

    private final List<Question> questions;
    private final int rounds;
    private final boolean quick;
    private final double loadAtStart =
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();

    Overview(List<Question> questions, int rounds, boolean quick) {
        if (rounds < 1) {
            throw new IllegalArgumentException("--rounds must be at least 1, but is " + rounds);
        }
        this.questions = List.copyOf(questions);
        this.rounds = rounds;
        this.quick = quick;
    }

    public static void main(String[] arguments) {
        int status = 1;
        try {
            run(arguments);
            status = 0;
        } catch (Exception | Error e) {
            LoggerFactory.getLogger(Overview.class).error("the run is over", e);
        }
        System.exit(status); // whatever threads a contender has left
    }

    private static void run(String[] arguments) throws Exception {
        int rounds = 3;
        boolean quick = false;
        Path directory = DEFAULT_DIRECTORY;
        List<String> names = new ArrayList<>();
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        while (!rest.isEmpty()) {
            String argument = rest.remove();
            switch (argument) {
                case "--rounds" -> rounds = Integer.parseInt(rest.remove());
                case "--to" -> directory = Path.of(rest.remove());
                case "--quick" -> quick = true;
                default -> names.add(argument);
            }
        }
        Overview overview = new Overview(chosen(names), quick ? 1 : rounds, quick);
        try (KafkaProcess kafka = KafkaProcess.launchToMeasure(Contender.PATIENT);
                ZooKeeperProcess zooKeeper = ZooKeeperProcess.launch()) {
            overview.write(directory, overview.measure(new Lasting(kafka.bootstrapServers(), zooKeeper.address())));
        }
    }

    static List<Question> chosen(List<String> names) {
        List<Question> all = Question.all();
        List<String> known = all.stream().map(Question::name).toList();
        if (!known.containsAll(names)) {
            throw new IllegalArgumentException("questions are " + known + ", but asked for " + names);
        }
        return all.stream()
                .filter(question -> names.isEmpty() || names.contains(question.name()))
                .toList();
    }

    // --- measuring ---------------------------------------------------------------------------------------------------

    List<Findings> measure(Lasting lasting) {
        List<Findings> all = new ArrayList<>();
        for (Question question : questions) {
            Findings findings = new Findings(question);
            for (int round = 0; round < rounds; round++) {
                for (Side side : inTurn(question.sides(), round)) {
                    measure(question, side, round, lasting, findings);
                }
            }
            all.add(findings);
        }
        return all;
    }

    private static <T> List<T> inTurn(List<T> all, int round) {
        List<T> order = new ArrayList<>(all);
        if (round % 2 == 1) {
            Collections.reverse(order); // so that a drift of the machine favours nobody
        }
        return order;
    }

    private void measure(Question question, Side side, int round, Lasting lasting, Findings findings) {
        List<Integer> points = side.points().stream()
                .filter(point -> !quick || question.quick().contains(point))
                .toList();
        String where = question.name() + ", " + side.label();
        try (SideProcess process = quick ? null : SideProcess.start(question, side, lasting)) {
            boolean first = true;
            for (int point : inTurn(points, round)) {
                where = question.name() + ", " + side.label() + ", "
                        + question.point().apply(point);
                double value = process == null
                        ? side.gauge().measure(lasting, point, QUICK)
                        : process.measure(point, first || side.isNewEachTime() ? FIRST : NEXT);
                first = false;
                findings.add(side, point, value);
                System.out.printf(
                        Locale.ROOT,
                        "round %d, %s: %s%n",
                        round + 1,
                        where,
                        question.unit().format(value));
            }
        } catch (Exception e) {
            throw new IllegalStateException("round " + (round + 1) + ", " + where, e);
        }
    }

    // --- writing -----------------------------------------------------------------------------------------------------

    /** Into the document's part, if there is a document, and the folder beside it. */
    void write(Path directory, List<Findings> all) throws IOException {
        Path folder = Files.createDirectories(directory.resolve(FOLDER));
        StringBuilder text = new StringBuilder(conditions());
        StringBuilder csv = new StringBuilder(Findings.CSV_HEADING);
        for (Findings each : all) {
            text.append("\n\n").append(each.markdown(FOLDER).strip());
            csv.append(each.csv());
            for (var picture : each.pictures().entrySet()) {
                Files.writeString(folder.resolve(picture.getKey()), picture.getValue());
            }
        }
        Files.writeString(folder.resolve("overview.csv"), csv);
        Path document = directory.resolve(DOCUMENT);
        Files.writeString(
                document,
                Files.exists(document)
                        ? SECTION.replacedIn(Files.readString(document), text.toString())
                        : SECTION.alone(text.toString()));
        System.out.println("written: " + document);
    }

    private String conditions() {
        String spans = quick
                ? "A quick look in one JVM, which says that everything works and nothing of speed."
                : String.format(
                        Locale.ROOT,
                        "Each side in a JVM of its own, warmed up for %d ms before its first point and %d ms before each further one, measured for %d ms.",
                        FIRST.warmUpMillis(),
                        NEXT.warmUpMillis(),
                        NEXT.millis());
        return String.format(
                Locale.ROOT,
                "%s; %s %s, JDK %s, %d processors, load at the start %.1f; rounds: %d. %s Every value of every round: [overview.csv](%s/overview.csv).",
                LocalDate.now(ZoneOffset.UTC),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                System.getProperty("java.vm.version"),
                Runtime.getRuntime().availableProcessors(),
                loadAtStart,
                rounds,
                spans,
                FOLDER);
    }
}
