package io.distsync;

import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.failureOf;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.ScriptedBackend.Delayed;
import io.distsync.ScriptedBackend.Fault;
import io.distsync.ScriptedBackend.Held;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A second commit of a pipeline, sent while the first one is under way, on a store where either meets with faults. */
@Timeout(60)
class CommitsUnderWayTest {

    /** So many writes that met nobody lead up to the state 0. */
    private static final int CALM = 16;

    private final List<ScriptedBackend> connections = new ArrayList<>();
    private Nodes nodes;
    private Topic<Counter> topic;
    private SyncService node;
    private ScriptedBackend connection;

    @BeforeEach
    void openStore() {
        nodes = new Nodes(new ScriptedFixture(connections::add));
        topic = nodes.counters();
        node = nodes.open();
        connection = connections.get(connections.size() - 1);
        for (int i = 0; i < CALM; i++) {
            node.send(topic, Counter.of(CALM - 1 - i));
        }
    }

    @AfterEach
    void closeStore() {
        nodes.close();
    }

    @Test
    @DisplayName(
            "S33: a second commit is sent while the first one is under way, and no outcome is released before the first one's")
    void sentBeforeTheAnswer() {
        Held first = new Held();
        connection.next(first);
        CompletableFuture<Versioned<Counter>> one = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        CompletableFuture<Versioned<Counter>> other = node.sendAsync(topic, Counter.of(100));
        CompletableFuture<Versioned<Counter>> another = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        assertThat(attempts()).as("the third waits").hasSize(2);
        assertThat(one).isNotDone();
        assertThat(other).isNotDone();
        assertThat(node.status().pendingUpdates()).isEqualTo(3);

        first.release();

        assertThat(join(one).value()).isEqualTo(Counter.of(1));
        assertThat(join(other).value()).isEqualTo(Counter.of(100));
        assertThat(join(another).value()).isEqualTo(Counter.of(101));
        assertThat(Stream.of(one, other, another).map(it -> join(it).version().revision()))
                .as("in the order of the calls")
                .isSorted();
    }

    @Test
    @DisplayName("S33: a write without a check of its own does not overtake the commit it was sent after")
    void nothingOvertakes() {
        Held lost = new Held(Fault.requestLost());
        connection.next(lost);
        CompletableFuture<Versioned<Counter>> first = node.sendAsync(topic, Counter.of(1));
        CompletableFuture<Versioned<Counter>> second = node.sendAsync(topic, Counter.of(2));
        assertThat(attempts()).hasSize(2);
        assertThat(attempts().get(1).checks())
                .hasOnlyElementsOfType(Check.VersionIs.class)
                .hasSize(1);

        lost.release();

        assertThat(join(first).version().revision())
                .isLessThan(join(second).version().revision());
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S33: after a lost race the next commits wait for each other again")
    void notWhereOthersInterfere() {
        nodes.rival(topic, Counter.of(10));
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(11));
        Held first = new Held();
        connection.next(first);
        int before = connection.attempts().size();
        CompletableFuture<Versioned<Counter>> one = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        CompletableFuture<Versioned<Counter>> other = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        assertThat(connection.attempts()).hasSize(before + 1);
        first.release();
        assertThat(join(one).value()).isEqualTo(Counter.of(12));
        assertThat(join(other).value()).isEqualTo(Counter.of(13));
    }

    private enum Fate {
        APPLIED,
        REQUEST_LOST,
        REPLY_LOST,
        REFUSED,
        DUPLICATED;

        Fault fault() {
            return switch (this) {
                case APPLIED -> Fault.pass();
                case REQUEST_LOST -> Fault.requestLost();
                case REPLY_LOST -> Fault.replyLost();
                case REFUSED -> Fault.unavailable();
                case DUPLICATED -> Fault.duplicated();
            };
        }
    }

    private enum Order {
        AS_SENT,
        SECOND_FIRST,
        OTHERS_BEFORE_BOTH,
        OTHERS_BETWEEN
    }

    private static Stream<Arguments> everything() {
        return Arrays.stream(Fate.values())
                .flatMap(first -> Arrays.stream(Fate.values())
                        .flatMap(second ->
                                Arrays.stream(Order.values()).map(order -> Arguments.of(first, second, order))));
    }

    @ParameterizedTest
    @MethodSource("everything")
    @DisplayName("S33: whatever becomes of either of two commits under way, each update is applied once, in order")
    void eachOnce(Fate ofFirst, Fate ofSecond, Order order) {
        Held first = new Held(ofFirst.fault());
        Held second = new Held(ofSecond.fault());
        long head = nodes.head(topic).revision();
        connection.next(first, second);
        CompletableFuture<Versioned<Counter>> one = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        CompletableFuture<Versioned<Counter>> other = node.optimisticUpdateAsync(topic, state -> state.plus(10));
        first.awaitArrival();
        second.awaitArrival();

        int others = 0;
        switch (order) {
            case AS_SENT -> {
                first.release();
                second.release();
            }
            case SECOND_FIRST -> {
                second.release();
                first.release();
            }
            case OTHERS_BEFORE_BOTH -> {
                nodes.rival(topic, Counter.of(1_000));
                others = 1;
                first.release();
                second.release();
            }
            case OTHERS_BETWEEN -> {
                first.release();
                nodes.rival(topic, "elsewhere", Counter.of(1));
                others = 1;
                second.release();
            }
        }

        long base = order == Order.OTHERS_BEFORE_BOTH ? 1_000 : 0;
        assertThat(join(one).value()).isEqualTo(Counter.of(base + 1));
        assertThat(join(other).value()).isEqualTo(Counter.of(base + 11));
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(base + 11));
        assertThat(nodes.head(topic).revision()).as("each once").isEqualTo(head + 2 + others);
        assertThat(node.status().pendingUpdates()).isZero();
    }

    @Test
    @DisplayName("S33: a commit whose predecessor nobody waits for any more stays unknown while both may arrive")
    void bothStillOnTheirWay() {
        AtomicInteger calls = new AtomicInteger();
        Delayed first = new Delayed();
        Delayed second = new Delayed();
        Held gate = new Held(first);
        connection.next(gate, second);
        CompletableFuture<Versioned<Counter>> one = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        CompletableFuture<Versioned<Counter>> other = node.optimisticUpdateAsync(topic, state -> {
            calls.incrementAndGet();
            return state.plus(10);
        });
        one.cancel(true);
        gate.release();
        assertThat(failureOf(() -> one)).isInstanceOf(OutcomeUnknownException.class);
        assertThat(failureOf(() -> other)).isInstanceOf(OutcomeUnknownException.class);

        assertThat(calls).as("not applied anew").hasValue(1);
        first.arrive();
        second.arrive();
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(11));
        eventually(() -> assertThat(node.status().pendingUpdates()).isZero());
    }

    @Test
    @DisplayName("S33: what no longer fits into the first commit when that is made anew still comes before the second")
    void overflowKeepsTheOrder() {
        String large = "x".repeat(8_000);
        UnaryOperator<Counter> growing = state -> new Counter(state.value() + 1, state.value() < 10_000 ? "" : large);
        List<Held> held = Stream.generate(Held::new).limit(4).toList();
        connection.next(held.toArray(Fault[]::new));
        List<CompletableFuture<Versioned<Counter>>> all = new ArrayList<>();
        IntConsumer update = times -> {
            for (int i = 0; i < times; i++) {
                all.add(node.optimisticUpdateAsync(topic, growing));
            }
        };
        update.accept(5); // one, then one, and three that wait
        held.get(0).release();
        held.get(2).awaitArrival();
        update.accept(3); // while those three are under way as the second commit
        held.get(1).release();
        held.get(3).awaitArrival();
        assertThat(attempts().stream().map(it -> it.mutations().size())).containsExactly(1, 1, 3, 3);

        nodes.rival(topic, Counter.of(10_000)); // now the three no longer fit into one commit
        held.get(2).release();
        held.get(3).release();

        assertThat(all.stream().map(it -> join(it).value().value()))
                .containsExactly(1L, 2L, 10_001L, 10_002L, 10_003L, 10_004L, 10_005L, 10_006L);
    }

    @Test
    @DisplayName(
            "S33: callers of the second commit learn that it was not applied while the first one is refused again and again")
    void refusedTogether() {
        SyncService impatient = nodes.open(builder -> builder.timeout(Duration.ofMillis(300)));
        ScriptedBackend refusing = connections.get(connections.size() - 1);
        for (int i = 0; i < CALM; i++) {
            impatient.send(topic, Counter.of(i));
        }
        Held first = new Held(Fault.unavailable());
        Held second = new Held(Fault.unavailable());
        refusing.always(Fault.unavailable());
        refusing.next(first, second);
        CompletableFuture<Versioned<Counter>> one = impatient.optimisticUpdateAsync(topic, state -> state.plus(1));
        CompletableFuture<Versioned<Counter>> other = impatient.sendAsync(topic, Counter.of(1_000));
        second.awaitArrival();
        second.release();
        first.release();
        assertThat(failureOf(() -> one)).isInstanceOf(NotAppliedException.class);
        assertThat(failureOf(() -> other)).isInstanceOf(NotAppliedException.class);
        refusing.always(Fault.pass());
        assertThat(impatient.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(CALM - 1));
    }

    @Test
    @DisplayName("S33: closing the service tells the callers of both commits what is known")
    void closedMeanwhile() {
        Held first = new Held();
        Held second = new Held();
        connection.next(first, second);
        CompletableFuture<Versioned<Counter>> one = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        CompletableFuture<Versioned<Counter>> other = node.optimisticUpdateAsync(topic, state -> state.plus(10));
        node.close();
        assertThat(failureOf(() -> one)).isInstanceOf(OutcomeUnknownException.class);
        assertThat(failureOf(() -> other)).isInstanceOf(OutcomeUnknownException.class);
        first.release();
        second.release();
    }

    /** What was sent after the calm. */
    private List<Commit> attempts() {
        return connection.attempts().subList(CALM, connection.attempts().size());
    }
}
