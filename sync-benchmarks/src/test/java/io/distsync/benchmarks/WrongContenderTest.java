package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who does not do the work is not measured: a wrong outcome ends the run, and nothing is written. */
class WrongContenderTest {

    private static final Span SHORT = new Span(5, 5);
    private static final Lasting NO_SERVERS = new Lasting("none", "none");

    @TempDir
    Path directory;

    @Test
    void rightOneIsMeasured() {
        assertThat(UpdateRate.measure(new Counting(), 2, SHORT)).isPositive();
        assertThat(telling(new Counting())).isPositive();
        assertThat(reading(new Counting())).isPositive();
        assertThat(topics(counter -> counter)).isPositive();
    }

    @Test
    void lostUpdate() {
        assertThatThrownBy(() -> UpdateRate.measure(Counting.losing(1), 2, SHORT))
                .hasMessageStartingWith("does not hold: counter ");
        assertThatThrownBy(() -> telling(Counting.losing(1))).hasMessageStartingWith("does not hold: counter ");
        assertThatThrownBy(() -> reading(Counting.losing(1))).hasMessage("does not hold: counter 2 = 3");
    }

    @Test
    void stateToldTwice() {
        Counting repeating = new Counting();
        repeating.told = counter -> counter == 3 ? 2 : counter;

        assertThatThrownBy(() -> telling(repeating)).hasMessageEndingWith("told 2 after 2");
    }

    @Test
    void stateLeftOut() {
        Counting skipping = new Counting();
        skipping.told = counter -> counter >= 3 ? counter + 1 : counter;

        assertThatThrownBy(() -> telling(skipping)).hasMessageEndingWith("told 4 after 2");
        assertThatThrownBy(() -> topics(counter -> counter >= 3 ? counter + 1 : counter))
                .hasMessageEndingWith("told 4 after 2");
    }

    @Test
    void wrongStateRead() {
        Counting changing = new Counting();
        AtomicLong reads = new AtomicLong();

        assertThatThrownBy(() -> Reading.measure(
                        changing, () -> reads.incrementAndGet() < 5 ? changing.shown() : changing.shown() - 1, SHORT))
                .hasMessageStartingWith("does not hold: sum of all counters read");
    }

    @Test
    void runWithAWrongContenderSaysWhoItWasAndWritesNothing() throws Exception {
        Side right = side("right", 0);
        Side wrong = side("wrong", 1);
        Path document = directory.resolve("benchmarks.md");
        Files.writeString(document, Overview.SECTION.alone("before"));
        Overview overview = new Overview(List.of(question(right, wrong)), 1, true);

        assertThatThrownBy(() -> overview.write(directory, overview.measure(NO_SERVERS)))
                .hasMessage("round 1, name, wrong, #2")
                .cause()
                .hasMessageStartingWith("does not hold: counter ");
        assertThat(document).hasContent(Overview.SECTION.alone("before"));
        assertThat(directory.resolve("benchmarks")).doesNotExist();
    }

    @Test
    void runOfRightContendersIsWrittenBetweenTheMarks() throws Exception {
        Path document = directory.resolve("benchmarks.md");
        Files.writeString(document, "before\n" + Overview.SECTION.alone("old") + "after\n");
        Overview overview = new Overview(List.of(question(side("right", 0))), 1, true);

        List<Findings> findings = overview.measure(NO_SERVERS);
        overview.write(directory, findings);
        String once = Files.readString(document);
        overview.write(directory, findings);

        assertThat(once)
                .startsWith("before\n<!-- overview:begin -->\n")
                .endsWith("\n<!-- overview:end -->\nafter\n")
                .contains("A quick look", "### A title", "| right | ", "(benchmarks/overview-name.svg)")
                .doesNotContain("old");
        assertThat(document).hasContent(once);
        assertThat(directory.resolve("benchmarks/overview-name.svg")).isNotEmptyFile();
        assertThat(directory.resolve("benchmarks/overview.csv")).content().contains("name;right;2;PER_SECOND;1;");
    }

    private static double telling(Counting state) {
        return Telling.ofState(state, List.of(state), 2, 10, SHORT);
    }

    private static double reading(Counting state) {
        return Reading.measure(state, state::shown, SHORT);
    }

    private static double topics(LongUnaryOperator told) {
        try (CountingTopics topics = new CountingTopics(told)) {
            return Telling.ofTopics(topics, topics, 2, SHORT);
        }
    }

    private static Side side(String label, int lost) {
        return new Side(label, Family.BY_HAND, List.of(1, 2), (lasting, point, span) -> {
            return UpdateRate.measure(Counting.losing(point == 2 ? lost : 0), point, span);
        });
    }

    private static Question question(Side... sides) {
        return new Question(
                "name",
                "A title",
                Unit.PER_SECOND,
                "threads",
                point -> "#" + point,
                List.of(),
                List.of(1, 2),
                List.of(sides));
    }

    /** Tells within the call; of its updates some get lost, and of its states others are told. */
    private static final class Counting implements SharedState {

        private final AtomicLong counter = new AtomicLong();
        private long lost;
        private LongUnaryOperator told = counter -> counter;
        private LongConsumer listener = counter -> {};

        static Counting losing(long lost) {
            Counting state = new Counting();
            state.lost = lost;
            return state;
        }

        @Override
        public void increment() {
            listener.accept(told.applyAsLong(counter.incrementAndGet()));
        }

        @Override
        public void annotate(String note) {
            increment();
        }

        @Override
        public void listen(LongConsumer wanted) {
            listener = wanted;
        }

        @Override
        public long shown() {
            return counter.get() - lost;
        }

        @Override
        public void check(long updates) {
            Checks.same("counter", shown(), updates);
        }

        @Override
        public void close() {}
    }

    /** The same for two topics. */
    private static final class CountingTopics implements SharedTopics {

        private final long[] counters = new long[2];
        private final Listener[] listeners = {(topic, counter) -> {}, (topic, counter) -> {}};
        private final LongUnaryOperator told;

        CountingTopics(LongUnaryOperator told) {
            this.told = told;
        }

        @Override
        public CompletionStage<?> increment(int topic) {
            counters[topic]++;
            listeners[topic].told(topic, told.applyAsLong(counters[topic]));
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> follow(int topic, Listener listener) {
            listeners[topic] = listener;
            listener.told(topic, counters[topic]);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Long> counter(int topic) {
            return CompletableFuture.completedFuture(counters[topic]);
        }

        @Override
        public void close() {}
    }
}
