package io.distsync;

import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.failureOf;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.ScriptedBackend.Delayed;
import io.distsync.ScriptedBackend.Fault;
import io.distsync.ScriptedBackend.Held;
import io.distsync.backend.Change;
import io.distsync.backend.Commit;
import io.distsync.backend.RequestId;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.codec.Codec;
import io.distsync.error.AbsentStateException;
import io.distsync.error.ConflictException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.error.SyncException;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The update pipeline on a store whose requests and replies are lost, held back, repeated or refused. */
@Timeout(60)
class SyncServiceFaultTest {

    private static final Duration SHORT = Duration.ofMillis(300);

    private final List<ScriptedBackend> connections = new ArrayList<>();
    private Nodes nodes;

    @BeforeEach
    void openStore() {
        ScriptedFixture fixture = new ScriptedFixture();
        nodes = new Nodes(new ServiceFixture() {
            @Override
            public ScriptedBackend connect() {
                ScriptedBackend connection = fixture.connect();
                connections.add(connection);
                return connection;
            }

            @Override
            public Map<Capability, String> missing() {
                return Map.of();
            }

            @Override
            public void advance(Duration time) {
                fixture.advance(time);
            }

            @Override
            public void close() {
                connections.forEach(connection -> connection.always(Fault.pass()));
                assertThat(connections)
                        .allSatisfy(connection -> assertThat(connection.openFeeds())
                                .as("feeds left")
                                .isZero());
                fixture.close();
            }
        });
    }

    @AfterEach
    void closeStore() {
        nodes.close();
    }

    /** The operations that write, each with the value it leaves behind when applied once to a stored 10. */
    private enum Write {
        UPDATE(11) {
            @Override
            CompletableFuture<?> start(SyncService node, Topic<Counter> topic) {
                return node.optimisticUpdateAsync(topic, state -> state.plus(1));
            }
        },
        SEND(50) {
            @Override
            CompletableFuture<?> start(SyncService node, Topic<Counter> topic) {
                return node.sendAsync(topic, Counter.of(50));
            }
        },
        COMPARE_AND_SET(60) {
            @Override
            CompletableFuture<?> start(SyncService node, Topic<Counter> topic) {
                return node.compareAndSetAsync(
                        topic, node.fetchLatest(topic).orElseThrow().version(), Counter.of(60));
            }
        },
        DELETE(null) {
            @Override
            CompletableFuture<?> start(SyncService node, Topic<Counter> topic) {
                return node.deleteAsync(topic);
            }
        },
        PUT(70) {
            @Override
            CompletableFuture<?> start(SyncService node, Topic<Counter> topic) {
                return node.map(topic).putAsync("", Counter.of(70));
            }
        },
        COMMIT(80) {
            @Override
            CompletableFuture<?> start(SyncService node, Topic<Counter> topic) {
                return node.map(topic).commitAsync(commit -> commit.put("", Counter.of(80)));
            }
        };

        private final @Nullable Long left;

        Write(@Nullable Integer left) {
            this.left = left == null ? null : left.longValue();
        }

        abstract CompletableFuture<?> start(SyncService node, Topic<Counter> topic);

        void assertAppliedOnce(SyncService node, Topic<Counter> topic) {
            Long stored =
                    node.fetchLatest(topic).map(state -> state.value().value()).orElse(null);
            assertThat(stored).isEqualTo(left);
        }
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S13, S29: reply lost after the commit: the repeat gets the first outcome, one change")
    void replyLost(Write write) {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Version before = nodes.rival(topic, Counter.of(10));
        last().next(Fault.replyLost());
        join(write.start(node, topic));
        write.assertAppliedOnce(node, topic);
        assertThat(nodes.head(topic).revision()).isEqualTo(before.revision() + 1);
        assertThat(requests()).hasSize(2);
        assertThat(requests().stream().distinct()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S13, S29: several replies lost, and the request before them: applied once")
    void severalRepliesLost(Write write) {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Version before = nodes.rival(topic, Counter.of(10));
        last().next(Fault.requestLost(), Fault.replyLost(), Fault.unavailable(), Fault.replyLost(), Fault.duplicated());
        join(write.start(node, topic));
        write.assertAppliedOnce(node, topic);
        assertThat(nodes.head(topic).revision()).isEqualTo(before.revision() + 1);
        assertThat(requests().stream().distinct()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S27: commits of others between mine and its repeat: still the first outcome")
    void othersBetweenCommitAndRepeat(Write write) {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(10));
        last().next(Fault.followedBy(Fault.replyLost(), () -> {
            nodes.rival(topic, "other", Counter.of(1));
            nodes.rival(topic, Counter.of(1_000));
        }));
        Object result = join(write.start(node, topic));
        if (result instanceof Versioned<?> versioned) {
            assertThat(versioned.version().revision()).isEqualTo(2);
        } else if (result instanceof CasResult<?> compared) {
            assertThat(compared.isCommitted()).isTrue();
            assertThat(compared.current().version().revision()).isEqualTo(2);
        } else if (result instanceof CommitOutcome<?> outcome) {
            assertThat(outcome.isCommitted()).isTrue();
        } else {
            assertThat(result).isEqualTo(true);
        }
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(1_000));
        assertThat(nodes.head(topic).revision()).isEqualTo(4);
        // What the pipeline believes after that is confirmed before it counts.
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(1_001));
    }

    @Test
    @DisplayName("S29: an add repeated after a lost reply is applied once")
    void addRepeated() {
        SyncService node = nodes.open();
        Topic<Long> topic = Topic.of(nodes.newName(), Long.class);
        SyncMap<Long> map = node.map(topic);
        for (int i = 0; i < 10; i++) {
            last().next(Fault.replyLost());
            assertThat(map.commit(commit -> commit.add("sum", 5)).isCommitted()).isTrue();
        }
        assertThat(map.get("sum").orElseThrow().value()).isEqualTo(50L);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S28: a repeat older than the request memory: unknown, never applied again")
    void repeatOlderThanTheMemory(Write write) {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters().withRetention(TopicOptions.Retention.changes(256));
        nodes.rival(topic, Counter.of(10));
        last().next(Fault.followedBy(Fault.replyLost(), () -> nodes.rivalBurst(topic, 2_000, 9_999)));
        assertThat(failureOf(() -> write.start(node, topic))).isInstanceOf(OutcomeUnknownException.class);
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(9_999));
        assertThat(nodes.head(topic).revision()).isEqualTo(2_002);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S28: a first attempt that is too old was certainly not applied, and is made anew")
    void firstAttemptTooOld(Write write) {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(10));
        last().next(Fault.tooOld());
        join(write.start(node, topic));
        write.assertAppliedOnce(node, topic);
        assertThat(nodes.head(topic).revision()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S13: an outcome that stays unknown until the deadline is reported as unknown, and not earlier")
    void unknownUntilTheDeadline(Write write) {
        SyncService node = nodes.open(builder -> builder.timeout(SHORT));
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(10));
        long start = System.nanoTime();
        last().always(Fault.replyLost());
        assertThat(failureOf(() -> write.start(node, topic))).isInstanceOf(OutcomeUnknownException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(SHORT);
        assertThat(requests()).as("it was tried again").hasSizeGreaterThan(1);
        assertThat(requests().stream().distinct()).hasSize(1);
        last().always(Fault.pass());
        write.assertAppliedOnce(node, topic);
        assertThat(nodes.head(topic).revision()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S13: a store that was never reached until the deadline: not applied")
    void unavailableUntilTheDeadline(Write write) {
        SyncService node = nodes.open(builder -> builder.timeout(SHORT));
        Topic<Counter> topic = nodes.counters();
        Version before = nodes.rival(topic, Counter.of(10));
        last().always(Fault.unavailable());
        assertThat(failureOf(() -> write.start(node, topic))).isInstanceOf(NotAppliedException.class);
        last().always(Fault.pass());
        assertThat(node.optimisticUpdate(topic, state -> state).version()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("API: a fenced update ends within the timeout, everything it does for its attempts included")
    void fencedUpdateEndsInTime(boolean waits) {
        Duration timeout = Duration.ofSeconds(10);
        AtomicLong skipped = new AtomicLong();
        TimeSource system = TimeSource.system();
        TimeSource skipping = new TimeSource() {
            @Override
            public long nanos() {
                return system.nanos() + skipped.get();
            }

            @Override
            public long epochMillis() {
                return system.epochMillis();
            }
        };
        SyncService node = nodes.open(builder -> builder.timeout(timeout).time(skipping));
        Topic<Counter> topic = nodes.counters();
        Version token = new Version(1, 7, 0);
        last().always(Fault.unavailable());
        UnaryOperator<Counter> slow = state -> {
            skipped.addAndGet(timeout.minus(SHORT).toNanos());
            return state.plus(1);
        };
        long start = system.nanos();
        assertThat(failureOf(() -> waits
                        ? CompletableFuture.completedFuture(node.fencedUpdate(topic, "lock", token, slow))
                        : node.fencedUpdateAsync(topic, "lock", token, slow)))
                .isInstanceOf(NotAppliedException.class);
        assertThat(Duration.ofNanos(system.nanos() - start)).isLessThan(timeout.dividedBy(2));
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S13: a store that is away for a moment: applied once, nobody notices")
    void unavailableForAMoment(Write write) {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(10));
        last().next(Fault.unavailable(), Fault.unavailable(), Fault.unavailable());
        join(write.start(node, topic));
        write.assertAppliedOnce(node, topic);
        assertThat(nodes.head(topic).revision()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S13: a commit that is still on its way when its repeat was applied changes nothing when it arrives")
    void lateArrival(Write write) {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(10));
        Delayed delayed = new Delayed();
        last().next(delayed);
        join(write.start(node, topic));
        delayed.arrive();
        write.assertAppliedOnce(node, topic);
        assertThat(nodes.head(topic).revision()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S13: what was reported unknown may arrive late, once; the pipeline then computes on it")
    void arrivalAfterTheDeadline(Write write) {
        SyncService node = nodes.open(builder -> builder.timeout(SHORT));
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(10));
        Delayed delayed = new Delayed();
        last().always(delayed);
        assertThat(failureOf(() -> write.start(node, topic))).isInstanceOf(OutcomeUnknownException.class);
        last().always(Fault.pass());
        delayed.arrive();
        write.assertAppliedOnce(node, topic);
        assertThat(nodes.head(topic).revision()).isEqualTo(2);
        long stored = node.optimisticUpdate(topic, state -> state).value().value();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value().value())
                .isEqualTo(stored + 1);
    }

    @Test
    @DisplayName("S13: a first attempt that arrives after its repeat lost against a newer version is not applied")
    void lateArrivalAfterAConflict() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(10));
        node.optimisticUpdate(topic, state -> state);
        Delayed delayed = new Delayed();
        last().next(delayed, Fault.after(() -> nodes.rival(topic, Counter.of(100)), Fault.pass()));

        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(101));
        nodes.rivalDelete(topic);
        delayed.arrive();

        assertThat(node.fetchLatest(topic)).as("applied a second time").isEmpty();
    }

    @Test
    @DisplayName("S13: a first attempt that expects nothing may come true after its repeat lost: unknown, applied once")
    void lateArrivalOnAnAbsentState() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Delayed delayed = new Delayed();
        last().next(delayed, Fault.after(() -> nodes.rival(topic, Counter.of(100)), Fault.pass()));

        assertThat(failureOf(() -> node.optimisticUpdateAsync(topic, state -> state.plus(1))))
                .isInstanceOf(OutcomeUnknownException.class);
        nodes.rivalDelete(topic);
        delayed.arrive();

        assertThat(node.fetchLatest(topic)).map(Versioned::value).contains(Counter.of(1));
    }

    @Test
    @Timeout(30)
    @DisplayName(
            "an answer that comes just when its caller leaves the pipeline to the store is taken in before the deadline")
    void answerIsNotOverlooked() {
        SyncService node = nodes.open(builder -> builder.timeout(Duration.ofMinutes(1)));
        Topic<Counter> topic = nodes.counters();
        last().next(
                        Fault.unavailable(), // so that the caller goes on after the pause
                        (commit, store) -> new Overlooked<>(
                                store.apply(commit).toCompletableFuture().join()));
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(1));
    }

    /** Complete, but found so only at the second look. */
    private static final class Overlooked<R> extends CompletableFuture<R> {

        private final AtomicBoolean looked = new AtomicBoolean();

        Overlooked(R result) {
            complete(result);
        }

        @Override
        public boolean isDone() {
            return looked.getAndSet(true) && super.isDone();
        }
    }

    @Test
    @DisplayName("S13: a refusal for good reaches the caller as it is and is not tried again")
    void refusedForGood() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        RejectedException reason = new RejectedException("scripted: a foreign layout");
        last().next(Fault.refused(reason));
        assertThat(catchThrowable(() -> node.send(topic, Counter.of(1)))).isSameAs(reason);
        assertThat(requests()).hasSize(1);
        assertThat(node.send(topic, Counter.of(2)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S13: a refusal after an attempt of unknown outcome is unknown, not a refusal")
    void refusedAfterUnknown() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        last().next(Fault.replyLost(), Fault.refused(new RejectedException("scripted")));
        assertThat(failureOf(() -> node.sendAsync(topic, Counter.of(1)))).isInstanceOf(OutcomeUnknownException.class);
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(1));
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S13: a backend that fails in a way it does not declare leaves the outcome unknown")
    void undeclaredFailure() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        last().next(Fault.refused(new IllegalStateException("scripted bug")));
        assertThat(failureOf(() -> node.sendAsync(topic, Counter.of(1))))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasRootCauseMessage("scripted bug");
        assertThat(node.send(topic, Counter.of(2)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S12: a storm of conflicts ends with the budget: typed error with the version that won last")
    void conflictStorm() {
        SyncService node = nodes.open(builder -> builder.maxConflicts(5));
        Topic<Counter> topic = nodes.counters();
        AtomicInteger rivals = new AtomicInteger();
        last().always(Fault.after(() -> nodes.rival(topic, Counter.of(100 + rivals.incrementAndGet())), Fault.pass()));
        Throwable failure = failureOf(() -> node.optimisticUpdateAsync(topic, state -> state.plus(1)));
        assertThat(failure).isInstanceOf(ConflictException.class);
        assertThat(((ConflictException) failure).current()).isEqualTo(nodes.head(topic));
        assertThat(rivals).hasValue(5);
    }

    @Test
    @DisplayName("S12: who loses after a pause tries again at once, for then he knows what is there")
    void noPauseAfterAPause() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, Counter.of(1));
        AtomicInteger attempts = new AtomicInteger();
        AtomicLong before = new AtomicLong();
        last().always(Fault.after(
                () -> {
                    boolean isPaused =
                            System.nanoTime() - before.get() > 900_000; // the shortest pause is a millisecond
                    if (attempts.incrementAndGet() <= 4 || isPaused) {
                        nodes.rival(topic, Counter.of(100)); // others write all the time
                    }
                    before.set(System.nanoTime());
                },
                Fault.pass()));

        assertThat(node.optimisticUpdateAsync(topic, state -> state.plus(1)))
                .succeedsWithin(Duration.ofSeconds(10))
                .extracting(Versioned::value)
                .isEqualTo(Counter.of(101));
    }

    @Test
    @DisplayName("S12: a conflict brings the winner's state, so the next try needs no read")
    void conflictBringsTheState() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        node.send(topic, Counter.of(1));
        last().next(Fault.after(() -> nodes.rival(topic, Counter.of(100)), Fault.pass()));
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(101));
        assertThat(last().reads()).isZero();
    }

    @Test
    @DisplayName("S12, S25: a conflict makes combined updates run again, in order, each once more")
    void conflictOfCombinedUpdates() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        node.send(topic, Counter.ZERO);
        Held held = new Held();
        last().next(held);
        CompletableFuture<?> first = node.sendAsync(topic, Counter.of(0));
        held.awaitArrival();
        List<CompletableFuture<Versioned<Counter>>> updates = IntStream.range(0, 20)
                .mapToObj(i ->
                        node.optimisticUpdateAsync(topic, state -> state.plus(1).noting(i + ",")))
                .toList();
        last().next(Fault.after(() -> nodes.rival(topic, Counter.of(1_000)), Fault.pass()));
        held.release();
        join(first);
        String notes = IntStream.range(0, 20).mapToObj(i -> i + ",").reduce("", String::concat);
        assertThat(join(updates.get(19)).value()).isEqualTo(new Counter(1_020, notes));
        for (int i = 0; i < 20; i++) {
            assertThat(join(updates.get(i)).value().value()).isEqualTo(1_001 + i);
        }
        assertThat(nodes.log(topic)).hasSize(23);
    }

    @ParameterizedTest
    @EnumSource(Write.class)
    @DisplayName("S26: the outcome of a no-op or an exception whose confirmation was lost is confirmed again")
    void confirmationLost(Write rival) {
        SyncService node = nodes.open();
        SyncService other = nodes.open();
        Topic<Counter> topic = nodes.counters();
        node.send(topic, Counter.of(10));
        AtomicInteger runs = new AtomicInteger();
        Function<Counter, Counter> check = state -> {
            if (runs.incrementAndGet() > 20) {
                throw new IllegalStateException("too many runs");
            }
            return state;
        };
        connections.get(1).next(Fault.after(() -> join(rival.start(other, topic)), Fault.replyLost()));
        Versioned<Counter> result = node.optimisticUpdate(topic, check::apply);
        assertThat(result.version())
                .isEqualTo(other.fetchLatest(topic).map(Versioned::version).orElse(result.version()));
        assertThat(result.present()).isEqualTo(rival != Write.DELETE);
        assertThat(runs).hasValue(2);
    }

    @Test
    @DisplayName("S26: an exception computed while the feed lagged is not released")
    void exceptionOnALaggingView() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            node.send(topic, Counter.of(1));
            last().holdFeeds();
            nodes.rival(topic, Counter.of(5));
            assertThat(handle.get()).isEqualTo(Counter.of(1));
            Versioned<Counter> result = node.optimisticUpdate(topic, state -> {
                if (state.value() == 1) {
                    throw new IllegalStateException("stale");
                }
                return state.plus(1);
            });
            assertThat(result.value()).isEqualTo(Counter.of(6));
            CasResult<Counter> compared =
                    node.compareAndSet(topic, handle.versioned().version(), Counter.of(7));
            assertThat(compared.isCommitted()).isTrue();
            last().releaseFeeds();
        }
    }

    @Test
    @DisplayName("S26: a compare is decided by the store, not by what the node believes")
    void compareOnALaggingView() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        node.send(topic, Counter.of(1));
        Version second = nodes.rival(topic, Counter.of(2));
        CasResult<Counter> result = node.compareAndSet(topic, second, Counter.of(3));
        assertThat(result.isCommitted())
                .as("the node did not know of the version")
                .isTrue();
        Version fourth = nodes.rival(topic, Counter.of(4));
        CasResult<Counter> stale = node.compareAndSet(topic, result.current().version(), Counter.of(5));
        assertThat(stale.isCommitted())
                .as("the node believed that this is current")
                .isFalse();
        assertThat(stale.current()).isEqualTo(new Versioned<>(Counter.of(4), fourth, true));
    }

    @Test
    @DisplayName("S19: interrupt while the commit is on its way: unknown, applied at most once, flag stays set")
    void interruptUnderWay() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Held held = new Held();
        last().next(held);
        ConcurrentLinkedQueue<Boolean> flags = new ConcurrentLinkedQueue<>();
        Together.Running<?> update = Together.start("update", () -> {
            try {
                return node.optimisticUpdate(topic, state -> state.plus(1));
            } finally {
                flags.add(Thread.currentThread().isInterrupted());
            }
        });
        held.awaitArrival();
        update.interrupt();
        assertThat(update.failure()).isInstanceOf(OutcomeUnknownException.class);
        assertThat(flags).containsExactly(true);
        held.release();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S19: an interrupted caller is withdrawn from a commit that was refused, its neighbours are not")
    void interruptBetweenAttempts() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Held held = new Held();
        last().next(held);
        CompletableFuture<?> first = node.sendAsync(topic, Counter.ZERO);
        held.awaitArrival();
        Together.Running<?> waiting =
                Together.start("waiting", () -> node.optimisticUpdate(topic, state -> state.plus(1_000)));
        eventually(() -> assertThat(node.status().pendingUpdates()).isEqualTo(2));
        CompletableFuture<Versioned<Counter>> neighbour = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        waiting.interrupt();
        assertThat(waiting.failure()).isInstanceOf(NotAppliedException.class);
        held.release();
        join(first);
        assertThat(join(neighbour).value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("API: a future cancelled while its commit is on its way says unknown, and cancel returns false")
    void cancelUnderWay() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Held held = new Held();
        last().next(held);
        CompletableFuture<Versioned<Counter>> update = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        held.awaitArrival();
        assertThat(update.cancel(true)).isFalse();
        assertThat(update.isCancelled()).isFalse();
        assertThat(failureOf(() -> update)).isInstanceOf(OutcomeUnknownException.class);
        held.release();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("API: a fenced update cancelled while its commit is on its way says unknown, and cancel returns false")
    void cancelFencedUnderWay() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Held held = new Held();
        last().next(held);
        CompletableFuture<Versioned<Counter>> update =
                node.fencedUpdateAsync(topic, "lock", new Version(1, 7, 0), state -> state.plus(1));
        held.awaitArrival();
        assertThat(update.cancel(true)).isFalse();
        assertThat(failureOf(() -> update)).isInstanceOf(OutcomeUnknownException.class);
        held.release();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("API: a future cancelled before its commit is made again was not applied and never is")
    void cancelBetweenAttempts() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        CompletableFuture<CompletableFuture<Versioned<Counter>>> own = new CompletableFuture<>();
        AtomicInteger sent = new AtomicInteger();
        last().always(Fault.after(
                () -> {
                    if (sent.incrementAndGet() == 3) {
                        // refused twice by now; between two attempts it may be withdrawn
                        join(own).cancel(false);
                    }
                },
                Fault.unavailable()));
        CompletableFuture<Versioned<Counter>> update = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        own.complete(update);
        Throwable failure = failureOf(() -> update);
        assertThat(failure).isInstanceOfAny(CancellationException.class, OutcomeUnknownException.class);
        last().always(Fault.pass());
        long stored = node.optimisticUpdate(topic, state -> state).value().value();
        assertThat(stored).isZero();
    }

    @Test
    @DisplayName("API: when the last caller gave up on an unknown commit, it is not repeated for ever")
    void abandonedCommitIsNotRepeated() {
        SyncService node = nodes.open(builder -> builder.timeout(SHORT));
        Topic<Counter> topic = nodes.counters();
        last().always(Fault.requestLost());
        assertThat(failureOf(() -> node.sendAsync(topic, Counter.of(1)))).isInstanceOf(OutcomeUnknownException.class);
        eventually(() -> assertThat(node.status().pendingUpdates()).isZero());
        last().always(Fault.pass());
        assertThat(node.fetchLatest(topic)).isEmpty();
        assertThat(node.send(topic, Counter.of(2)).version().revision()).isEqualTo(1);
    }

    @Test
    @DisplayName("API: operations behind an unknown commit wait for it, within their own deadline")
    void queueBehindAnUnknownCommit() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Held held = new Held();
        last().next(Fault.replyLost(), held);
        CompletableFuture<Versioned<Counter>> first = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        held.awaitArrival();
        CompletableFuture<Versioned<Counter>> second = node.optimisticUpdateAsync(topic, state -> state.plus(10));
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();
        held.release();
        assertThat(join(first).value()).isEqualTo(Counter.of(1));
        assertThat(join(second).value()).isEqualTo(Counter.of(11));
    }

    @Test
    @DisplayName("API: close with a commit on its way: unknown when the grace period is over")
    void closeWithACommitOnItsWay() {
        SyncService node = nodes.open(builder -> builder.shutdownGrace(Duration.ofMillis(100)));
        Topic<Counter> topic = nodes.counters();
        Held held = new Held();
        last().next(held);
        CompletableFuture<?> sent = node.sendAsync(topic, Counter.of(1));
        held.awaitArrival();
        CompletableFuture<?> queued = node.sendAsync(topic, Counter.of(2));
        node.close();
        assertThat(failureOf(() -> sent)).isInstanceOf(OutcomeUnknownException.class);
        assertThat(failureOf(() -> queued)).isInstanceOf(NotAppliedException.class);
        held.release();
        assertThat(nodes.head(topic).revision()).isEqualTo(1);
    }

    @Test
    @DisplayName("API: close waits for the reply of a commit on its way")
    void closeWaitsForTheReply() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Held held = new Held();
        last().next(held);
        CompletableFuture<Versioned<Counter>> sent = node.sendAsync(topic, Counter.of(1));
        held.awaitArrival();
        Together.Running<?> closing = Together.start("closing", () -> {
            node.close();
            return null;
        });
        eventually(() -> assertThat(node.isClosed()).isTrue());
        held.release();
        closing.result();
        assertThat(join(sent).value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("API: a handle opened after a write shows it although its feed has brought nothing yet")
    void handleOpenedWhileTheFeedLags() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        Versioned<Counter> written = node.send(topic, Counter.of(1));
        last().holdFeeds();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            assertThat(handle.versioned()).isEqualTo(written);
            last().releaseFeeds();
            Nodes.awaitCurrent(handle);
            assertThat(handle.versioned()).isEqualTo(written);
        }
    }

    @Test
    @DisplayName("API: a snapshot that was read before a node's own write does not take it back")
    void olderSnapshotDoesNotTakeBackAWrite() {
        SyncService node = nodes.open();
        Topic<Counter> topic = nodes.counters();
        nodes.rival(topic, "old", Counter.of(1));
        last().holdFeeds();
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica();
                DistributedSync<Counter> handle = node.sync(topic)) {
            map.put("new", Counter.of(2));
            node.send(topic, Counter.of(3));
            map.remove("old");
            for (int i = 0; i < 10; i++) {
                assertThat(replica.get("new")).as("after %s deliveries", i).isPresent();
                assertThat(replica.get("old")).as("after %s deliveries", i).isEmpty();
                assertThat(replica.entries()).containsOnlyKeys("", "new");
                assertThat(handle.get()).isEqualTo(Counter.of(3));
                last().releaseOne();
            }
            last().releaseFeeds();
            eventually(() -> assertThat(replica.version()).isEqualTo(nodes.head(topic)));
            assertThat(replica.entries()).containsOnlyKeys("", "new");
        }
    }

    @Test
    @DisplayName("API: meters count commits, conflicts, and what was not applied or stayed unknown")
    void metrics() {
        CountingMetrics metrics = new CountingMetrics();
        SyncService node =
                nodes.open(builder -> builder.metrics(metrics).timeout(SHORT).maxConflicts(2));
        Topic<Counter> topic = nodes.counters();
        node.send(topic, Counter.of(1));
        assertThat(metrics.count("committed")).isEqualTo(1);
        last().next(Fault.after(() -> nodes.rival(topic, Counter.of(5)), Fault.pass()));
        node.optimisticUpdate(topic, state -> state.plus(1));
        assertThat(metrics.count("conflict")).isEqualTo(1);
        last().always(Fault.requestLost());
        failureOf(() -> node.sendAsync(topic, Counter.of(2)));
        eventually(() -> assertThat(metrics.count("unknown")).isEqualTo(1));
        last().always(Fault.unavailable());
        failureOf(() -> node.sendAsync(topic, Counter.of(2)));
        eventually(() -> assertThat(metrics.count("notApplied")).isEqualTo(1));
        assertThat(metrics.count("committed")).isEqualTo(2);
    }

    @Test
    @DisplayName("API: meters that throw spoil no update, and the topic goes on")
    void metersThatThrow() {
        SyncMetrics broken = new SyncMetrics() {
            @Override
            public void committed(String topic, int updates, Duration elapsed) {
                throw new IllegalStateException("a broken meter");
            }
        };
        Topic<Counter> topic = nodes.counters();
        try (LocalSyncBackend store = LocalSyncBackend.create();
                SyncService node = SyncService.builder(store).metrics(broken).build()) {
            node.send(topic, Counter.of(1));
            for (int i = 2; i <= 4; i++) {
                assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value())
                        .isEqualTo(Counter.of(i));
            }
            assertThat(Nodes.join(node.sendAsync(topic, Counter.of(9))).value()).isEqualTo(Counter.of(9));
        }
    }

    @Test
    @DisplayName("API: meters count an update that found nothing to start from, in a store that answers at once too")
    void metricsOfAnUpdateThatFindsNothing() {
        CountingMetrics metrics = new CountingMetrics();
        Topic<Counter> topic = nodes.uninitialised();
        try (LocalSyncBackend store = LocalSyncBackend.create();
                SyncService node = SyncService.builder(store).metrics(metrics).build()) {
            for (int i = 1; i <= 3; i++) {
                assertThatThrownBy(() -> node.optimisticUpdate(topic, state -> state.plus(1)))
                        .isInstanceOf(AbsentStateException.class);
                assertThat(metrics.count("notApplied")).isEqualTo(i);
            }
            assertThat(metrics.count("committed")).isZero();
        }
    }

    @Test
    @DisplayName("S1, S13: counters add up under random faults: acknowledged ones all, unknown ones at most once")
    void countersAddUpUnderRandomFaults() {
        long seed = System.nanoTime();
        SyncService[] node = {nodes.open(), nodes.open()};
        Topic<Counter> topic = nodes.counters();
        for (int i = 0; i < node.length; i++) {
            RandomGenerator random = new Random(seed + i);
            connections.get(i + 1).always((commit, store) -> {
                int dice;
                synchronized (random) {
                    dice = random.nextInt(10);
                }
                return switch (dice) {
                    case 0 -> Fault.requestLost().play(commit, store);
                    case 1 -> Fault.replyLost().play(commit, store);
                    case 2 -> Fault.unavailable().play(commit, store);
                    case 3 -> Fault.duplicated().play(commit, store);
                    default -> Fault.pass().play(commit, store);
                };
            });
        }
        AtomicInteger acknowledged = new AtomicInteger();
        AtomicInteger unknown = new AtomicInteger();
        Together.run(4, thread -> {
            for (int i = 0; i < 60; i++) {
                try {
                    node[thread % 2].optimisticUpdate(topic, state -> state.plus(1));
                    acknowledged.incrementAndGet();
                } catch (OutcomeUnknownException e) {
                    unknown.incrementAndGet();
                } catch (SyncException e) {
                    assertThat(e).isInstanceOf(NotAppliedException.class);
                }
            }
        });
        long stored = Nodes.join(nodes.rawRead(topic)).entries().stream()
                .map(entry -> entry.payload().value(Codec.json().<Counter>format(Counter.class)))
                .mapToLong(Counter::value)
                .sum();
        assertThat(stored)
                .as("seed %s", seed)
                .isBetween((long) acknowledged.get(), (long) acknowledged.get() + unknown.get());
        List<Change> log = nodes.log(topic);
        assertThat(log.stream().map(Change::request).distinct().count()).isLessThanOrEqualTo(log.size());
        assertThat(nodes.head(topic).revision()).isEqualTo(stored);
    }

    /** The connection of the newest node. */
    private ScriptedBackend last() {
        return connections.get(connections.size() - 1);
    }

    private List<RequestId> requests() {
        return last().attempts().stream().map(Commit::request).toList();
    }

    private static final class CountingMetrics implements SyncMetrics {

        private final Map<String, Integer> counts = new ConcurrentHashMap<>();

        int count(String what) {
            return counts.getOrDefault(what, 0);
        }

        private void add(String what, int count) {
            counts.merge(what, count, Integer::sum);
        }

        @Override
        public void committed(String topic, int updates, Duration elapsed) {
            add("committed", updates);
        }

        @Override
        public void conflict(String topic) {
            add("conflict", 1);
        }

        @Override
        public void notApplied(String topic, int updates) {
            add("notApplied", updates);
        }

        @Override
        public void unknown(String topic, int updates) {
            add("unknown", updates);
        }
    }
}
