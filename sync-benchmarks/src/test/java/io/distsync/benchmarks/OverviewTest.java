package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each side of each question, for a moment and at one point. They check their own outcome. */
class OverviewTest {

    private static final Span MOMENT = new Span(0, 20);

    /** What another question asks already, of more clients: not in every build. */
    private static final String LEFT_OUT = "told-nodes";

    private static KafkaBroker kafka;
    private static ZooKeeperProcess zooKeeper;

    @BeforeAll
    static void startServers() {
        kafka = EmbeddedKafka.launch(Contender.PATIENT);
        zooKeeper = ZooKeeperProcess.launch();
    }

    @AfterAll
    static void stopServers() {
        zooKeeper.close();
        kafka.close();
    }

    private static Lasting lasting() {
        return new Lasting(kafka.bootstrapServers(), zooKeeper.address());
    }

    @TestFactory
    Stream<DynamicTest> everySideEndsWithTheOutcomeItExpects() {
        return Question.all().stream()
                .filter(question -> !question.name().equals(LEFT_OUT))
                .flatMap(question -> question.sides().stream()
                        .map(side -> DynamicTest.dynamicTest(
                                question.name() + ": " + side.label(), () -> measure(question, side))));
    }

    private static void measure(Question question, Side side) {
        int last = question.quick().get(question.quick().size() - 1);

        assertThat(side.gauge().measure(lasting(), last, MOMENT)).isPositive();
    }

    @Test
    void sidesAreToldApartAndHaveThePointsAtWhichTheyAreCompared() {
        for (Question question : Question.all()) {
            assertThat(question.sides())
                    .as(question.name())
                    .doesNotHaveDuplicates()
                    .allSatisfy(side -> assertThat(side.points())
                            .isSorted()
                            .containsAll(question.compared())
                            .containsAll(question.quick()));
            assertThat(question.sides().stream().map(Side::label)).doesNotHaveDuplicates();
        }
        assertThat(Question.all().stream().map(Question::name)).doesNotHaveDuplicates();
    }

    @Test
    void sideIsMeasuredInAProcessOfItsOwn() {
        Question read = Overview.chosen(List.of("read")).get(0);
        Side atomic = read.sides().stream()
                .filter(side -> side.family() == Family.ATOMIC_REFERENCE)
                .findAny()
                .orElseThrow();

        try (SideProcess process = SideProcess.start(read, atomic, lasting())) {
            assertThat(process.measure(1, MOMENT)).isPositive();
            assertThat(process.measure(1, MOMENT)).isPositive();
        }
    }

    @Test
    void processThatEndsWithAnErrorEndsTheRun() {
        Question read = Overview.chosen(List.of("read")).get(0);
        Side unknown = new Side("unknown", Family.BY_HAND, List.of(1), (lasting, point, span) -> 0);

        assertThatThrownBy(() -> SideProcess.start(read, unknown, lasting()).close())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("did not say that it is done");
    }

    @Test
    void unknownQuestionIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Overview.chosen(List.of("read", "write")))
                .withMessageContaining("threads")
                .withMessageContaining("write");
    }
}
