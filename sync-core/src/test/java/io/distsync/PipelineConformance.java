package io.distsync;

import static io.distsync.Nodes.awaitCurrent;
import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.failureOf;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.error.DeadlineExceededException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How updates of one topic and one node are queued, combined, confirmed and withdrawn. */
abstract class PipelineConformance {

    abstract Nodes nodes();

    @Test
    @DisplayName("S25: combined updates: each caller gets its own result, in the order of submission")
    void combinedUpdatesKeepTheirOrder() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        List<CompletableFuture<Versioned<Counter>>> updates = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String letter = i + ",";
            updates.add(node.optimisticUpdateAsync(topic, state -> state.plus(1).noting(letter)));
        }
        assertThat(updates).noneMatch(CompletableFuture::isDone);
        gate.open();
        StringBuilder note = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            note.append(i).append(',');
            Versioned<Counter> result = join(updates.get(i));
            assertThat(result.value()).isEqualTo(new Counter(i + 1, note.toString()));
            assertThat(result.version().revision()).isEqualTo(i + 1);
            assertThat(result.present()).isTrue();
        }
        assertThat(nodes().log(topic)).hasSize(100);
    }

    @Test
    @DisplayName("S25: a compare with absent, combined with the delete before it, finds the state absent")
    void compareWithAbsentAfterCombinedDelete() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, new Counter(1, ""));
        Gate gate = nodes().occupy(node, topic);
        CompletableFuture<Boolean> deleted = node.deleteAsync(topic);
        CompletableFuture<CasResult<Counter>> created =
                node.compareAndSetAsync(topic, Version.ABSENT, new Counter(5, "new"));
        CompletableFuture<CasResult<Counter>> late =
                node.compareAndSetAsync(topic, Version.ABSENT, new Counter(6, "late"));
        gate.open();

        assertThat(join(deleted)).isTrue();
        assertThat(join(created).isCommitted()).isTrue();
        assertThat(join(late).isCommitted()).isFalse();
        assertThat(join(late).current()).isEqualTo(join(created).current());
        assertThat(node.fetchLatest(topic)).contains(join(created).current());
    }

    @Test
    @DisplayName("S25: one failing function spoils no neighbour")
    void failingFunctionSpoilsNoNeighbour() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        IllegalStateException mine = new IllegalStateException("mine");
        List<CompletableFuture<Versioned<Counter>>> good = new ArrayList<>();
        List<CompletableFuture<Versioned<Counter>>> bad = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            good.add(node.optimisticUpdateAsync(topic, state -> state.plus(1)));
            bad.add(node.optimisticUpdateAsync(topic, state -> {
                throw mine;
            }));
        }
        gate.open();
        for (int i = 0; i < 30; i++) {
            assertThat(join(good.get(i)).value()).isEqualTo(Counter.of(i + 1));
            CompletableFuture<?> failed = bad.get(i);
            assertThat(failureOf(() -> failed)).isSameAs(mine);
        }
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(30));
    }

    @Test
    @DisplayName("S25: updates, sends, compares and deletes of one node apply in the order of the calls")
    void differentOperationsKeepTheirOrder() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        var first = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        var sent = node.sendAsync(topic, Counter.of(10));
        var second = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        var stale = node.compareAndSetAsync(topic, Version.ABSENT, Counter.of(99));
        var deleted = node.deleteAsync(topic);
        var deletedAgain = node.deleteAsync(topic);
        var third = node.optimisticUpdateAsync(topic, state -> state.plus(3));
        var created = node.compareAndSetAsync(topic, Version.ABSENT, Counter.of(98));
        gate.open();
        assertThat(join(first).value()).isEqualTo(Counter.of(1));
        assertThat(join(sent).value()).isEqualTo(Counter.of(10));
        assertThat(join(second).value()).isEqualTo(Counter.of(11));
        assertThat(join(stale)).isEqualTo(new CasResult.Conflict<>(join(second)));
        assertThat(join(deleted)).isTrue();
        assertThat(join(deletedAgain)).isFalse();
        assertThat(join(third).value()).isEqualTo(Counter.of(3));
        assertThat(join(created)).isEqualTo(new CasResult.Conflict<>(join(third)));
        assertThat(node.fetchLatest(topic)).contains(join(third));
        assertThat(nodes().log(topic))
                .extracting(change -> change.version().revision())
                .containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    @DisplayName("S25: more updates than one commit may carry all succeed, in order")
    void moreUpdatesThanOneCommitCarries() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        List<CompletableFuture<Versioned<Counter>>> updates = IntStream.range(0, 1_000)
                .mapToObj(i -> node.optimisticUpdateAsync(topic, state -> state.plus(1)))
                .toList();
        gate.open();
        assertThat(updates.stream().map(update -> join(update).version().revision()))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 1_000).boxed().toList());
    }

    @Test
    @DisplayName("S25: updates of one node that queue travel together")
    void queuedUpdatesTravelTogether() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        List<CompletableFuture<Versioned<Counter>>> updates = IntStream.range(0, 100)
                .mapToObj(i -> node.optimisticUpdateAsync(topic, state -> state.plus(1)))
                .toList();
        gate.open();
        updates.forEach(Nodes::join);
        List<Change> log = nodes().log(topic);
        long commits = log.stream().filter(Change::endsCommit).count();
        assertThat(log).hasSize(100);
        assertThat(commits).as("commits").isLessThanOrEqualTo(10);
    }

    @Test
    @DisplayName("S25: conflation: combined updates share one revision, each function applied once and in order")
    void conflatedUpdatesShareARevision() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters().withConflation();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            Gate gate = nodes().occupy(node, topic);
            List<CompletableFuture<Versioned<Counter>>> updates = IntStream.range(0, 100)
                    .mapToObj(i -> node.optimisticUpdateAsync(
                            topic, state -> state.plus(1).noting(i + ",")))
                    .toList();
            gate.open();
            Versioned<Counter> last = join(updates.get(99));
            String allNotes = IntStream.range(0, 100).mapToObj(i -> i + ",").reduce("", String::concat);
            assertThat(last.value()).isEqualTo(new Counter(100, allNotes));
            assertThat(updates.stream().map(update -> join(update).version()).distinct())
                    .hasSizeLessThanOrEqualTo(10);
            assertThat(node.fetchLatest(topic)).contains(last);
            eventually(() -> assertThat(listener.changes()).last().isEqualTo(last));
            assertThat(listener.changes()).hasSizeLessThanOrEqualTo(10);
        }
        assertThat(nodes().log(topic)).hasSizeLessThanOrEqualTo(10);
    }

    @Test
    @DisplayName("S25: without contention conflation gives every update a revision of its own")
    void conflationWithoutContention() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters().withConflation();
        for (int i = 1; i <= 10; i++) {
            assertThat(node.optimisticUpdate(topic, state -> state.plus(1))
                            .version()
                            .revision())
                    .isEqualTo(i);
        }
    }

    @Test
    @DisplayName("S26: a no-op computed on a state that is no longer current is not released")
    void staleNoOpIsNotReleased() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        AtomicInteger runs = new AtomicInteger();
        Versioned<Counter> result = node.optimisticUpdate(topic, state -> {
            if (runs.incrementAndGet() == 1) {
                nodes().rival(topic, Counter.of(100));
            }
            return state;
        });
        assertThat(result.value()).isEqualTo(Counter.of(100));
        assertThat(runs).hasValueGreaterThan(1);
        assertThat(nodes().head(topic).revision()).isEqualTo(2);
    }

    @Test
    @DisplayName("S26: an exception thrown on a state that is no longer current is not released")
    void staleExceptionIsNotReleased() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        AtomicInteger runs = new AtomicInteger();
        Versioned<Counter> result = node.optimisticUpdate(topic, state -> {
            if (runs.incrementAndGet() == 1) {
                nodes().rival(topic, Counter.of(100));
            }
            if (state.value() == 1) {
                throw new IllegalStateException("this state was overtaken");
            }
            return state.plus(1);
        });
        assertThat(result.value()).isEqualTo(Counter.of(101));
    }

    @Test
    @DisplayName("S26: a no-op on an absent state is not released once the state was created")
    void staleNoOpOnAbsentIsNotReleased() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        AtomicInteger runs = new AtomicInteger();
        Versioned<Counter> result = node.optimisticUpdate(topic, state -> {
            if (runs.incrementAndGet() == 1) {
                nodes().rival(topic, Counter.of(100));
            }
            return state;
        });
        assertThat(result.value()).isEqualTo(Counter.of(100));
        assertThat(result.present()).isTrue();
    }

    @Test
    @DisplayName("S26: outcomes computed on a neighbour's uncommitted state follow it when it has to run again")
    void speculativeOutcomesAreNotReleased() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        AtomicInteger runs = new AtomicInteger();
        var incremented = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        var noOp = node.optimisticUpdateAsync(topic, state -> state);
        var throwing = node.optimisticUpdateAsync(topic, state -> {
            if (runs.incrementAndGet() == 1) {
                nodes().rival(topic, Counter.of(100));
            }
            if (state.value() < 100) {
                throw new IllegalStateException("computed on a state that was never stored: " + state);
            }
            return state.plus(10);
        });
        gate.open();
        assertThat(join(throwing).value()).isEqualTo(Counter.of(111));
        assertThat(join(incremented).value()).isIn(Counter.of(1), Counter.of(101));
        assertThat(join(noOp)).isEqualTo(join(incremented));
        assertThat(node.fetchLatest(topic)).contains(join(throwing));
    }

    @Test
    @DisplayName("S26: a compare that failed against a neighbour's uncommitted state follows it when it runs again")
    void speculativeConflictIsNotReleased() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        AtomicInteger runs = new AtomicInteger();
        var fickle = node.optimisticUpdateAsync(topic, state -> {
            if (runs.incrementAndGet() == 1) {
                nodes().rival(topic, Counter.of(100));
                nodes().rivalDelete(topic);
                return state.plus(1);
            }
            return state; // on a second run it writes nothing, so the topic stays absent
        });
        var create = node.compareAndSetAsync(topic, Version.ABSENT, Counter.of(5));
        gate.open();
        CasResult<Counter> created = join(create);
        if (join(fickle).present()) {
            assertThat(created.current()).isEqualTo(join(fickle));
        } else {
            assertThat(created.isCommitted()).isTrue();
        }
        assertThat(node.fetchLatest(topic)).contains(created.current());
    }

    @Test
    @DisplayName("S19: interrupt while the operation waits in the queue: withdrawn, not applied, flag stays set")
    void interruptInTheQueue() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        AtomicInteger runs = new AtomicInteger();
        ConcurrentLinkedQueue<Boolean> flags = new ConcurrentLinkedQueue<>();
        Together.Running<?> waiting = Together.start("interrupted", () -> {
            try {
                return node.optimisticUpdate(topic, state -> {
                    runs.incrementAndGet();
                    return state.plus(1);
                });
            } finally {
                flags.add(Thread.currentThread().isInterrupted());
            }
        });
        eventually(() -> assertThat(node.status().pendingUpdates()).isEqualTo(2));
        waiting.interrupt();
        assertThat(waiting.failure()).isInstanceOf(NotAppliedException.class).hasMessageContaining("interrupt");
        assertThat(flags).containsExactly(true);
        gate.open();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(10)).value())
                .isEqualTo(Counter.of(10));
        assertThat(runs).hasValue(0);
    }

    @Test
    @DisplayName("S19: a thread that comes interrupted: applied or not, as the call says, and the flag stays set")
    void callWithTheInterruptFlagSet() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Together.Running<Optional<Boolean>> applied = Together.start("interrupted", () -> {
            Thread.currentThread().interrupt();
            Optional<Boolean> done;
            try {
                node.optimisticUpdate(topic, state -> state.plus(1));
                done = Optional.of(true);
            } catch (NotAppliedException e) {
                done = Optional.of(false);
            } catch (OutcomeUnknownException e) {
                done = Optional.empty(); // it was on its way already
            }
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
            return done;
        });
        applied.result()
                .ifPresent(
                        done -> assertThat(node.fetchLatest(topic).isPresent()).isEqualTo(done));
    }

    @Test
    @DisplayName("API: a future cancelled while it waits in the queue was not applied and never will be")
    void cancelInTheQueue() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        AtomicInteger runs = new AtomicInteger();
        List<CompletableFuture<?>> cancelled = List.of(
                node.optimisticUpdateAsync(topic, state -> {
                    runs.incrementAndGet();
                    return state.plus(1);
                }),
                node.sendAsync(topic, Counter.of(77)),
                node.deleteAsync(topic),
                node.compareAndSetAsync(topic, Version.ABSENT, Counter.of(78)));
        for (CompletableFuture<?> future : cancelled) {
            assertThat(future.cancel(false)).isTrue();
            assertThat(future.isCancelled()).isTrue();
            assertThat(failureOf(() -> future)).isInstanceOf(CancellationException.class);
        }
        gate.open();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(10)).value())
                .isEqualTo(Counter.of(10));
        assertThat(runs).hasValue(0);
        assertThat(nodes().log(topic)).hasSize(1);
    }

    @Test
    @DisplayName("API: cancelling a future that is done changes nothing")
    void cancelWhenDone() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        CompletableFuture<Versioned<Counter>> update = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        Versioned<Counter> result = join(update);
        assertThat(update.cancel(true)).isFalse();
        assertThat(update.isCancelled()).isFalse();
        assertThat(join(update)).isEqualTo(result);
    }

    @Test
    @DisplayName("API: cancel racing with the commit: a cancelled future was not applied, an unknown one at most once")
    void cancelRacingWithTheCommit() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        int applied = 0;
        int unknown = 0;
        for (int round = 0; round < 300; round++) {
            CompletableFuture<?>[] update = new CompletableFuture<?>[1];
            Gate submitted = nodes().gate();
            Together.run(2, thread -> {
                if (thread == 0) {
                    update[0] = node.optimisticUpdateAsync(topic, state -> state.plus(1));
                    submitted.open();
                } else {
                    submitted.pass();
                    update[0].cancel(true);
                }
            });
            Throwable failure = join(update[0].handle((value, thrown) -> thrown));
            if (failure == null) {
                applied++;
            } else if (failure instanceof OutcomeUnknownException) {
                unknown++;
            } else {
                assertThat(failure).isInstanceOf(CancellationException.class);
            }
        }
        // A no-op behind all of them: whatever was under way has ended when it returns.
        long stored = node.optimisticUpdate(topic, state -> state).value().value();
        assertThat(stored).isBetween((long) applied, (long) applied + unknown);
    }

    @Test
    @DisplayName("API: what depends on a future may use the same topic, blocking calls included")
    void dependentActionMayUpdateTheSameTopic() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        CompletableFuture<Versioned<Counter>> chained = node.optimisticUpdateAsync(topic, state -> state.plus(1))
                .thenApply(first -> node.optimisticUpdate(topic, state -> state.plus(1)))
                .thenApply(second -> node.send(topic, second.value().plus(1)));
        CompletableFuture<Versioned<Counter>> neighbour = node.optimisticUpdateAsync(topic, state -> state.plus(100));
        gate.open();
        join(chained);
        join(neighbour);
        assertThat(node.fetchLatest(topic).orElseThrow().value().value()).isIn(3L, 103L);
    }

    @Test
    @DisplayName("API: a slow function of one topic delays no other topic")
    void slowFunctionDelaysNoOtherTopic() {
        SyncService node = nodes().open();
        Topic<Counter> slow = nodes().counters();
        Gate gate = nodes().occupy(node, slow);
        for (int i = 0; i < 20; i++) {
            Topic<Counter> other = nodes().counters();
            assertThat(node.optimisticUpdate(other, state -> state.plus(1)).value())
                    .isEqualTo(Counter.of(1));
        }
        assertThat(node.status().pendingUpdates()).isEqualTo(1);
        gate.open();
        eventually(() -> assertThat(node.status().pendingUpdates()).isZero());
    }

    @Test
    @DisplayName("API: an asynchronous call does not wait for the queue")
    void asyncDoesNotWait() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().occupy(node, topic);
        CompletableFuture<Versioned<Counter>> update = node.optimisticUpdateAsync(topic, state -> state.plus(1));
        assertThat(update).isNotDone();
        assertThat(node.status().pendingUpdates()).isEqualTo(2);
        gate.open();
        assertThat(join(update).value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("API: what queues behind a function that outlasts the deadline fails in time, and is never applied")
    void deadline() {
        SyncService node = nodes().open(builder -> builder.timeout(Duration.ofMillis(300)));
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        Together.Running<Boolean> slow = Together.start("slow", () -> {
            try {
                node.optimisticUpdate(topic, state -> {
                    gate.pass();
                    return state.plus(1);
                });
                return true;
            } catch (NotAppliedException e) {
                return false;
            }
        });
        gate.awaitArrival();
        Throwable queued = failureOf(() -> node.optimisticUpdateAsync(topic, state -> state.plus(10)));
        assertThat(queued).isInstanceOf(DeadlineExceededException.class);
        gate.open();
        boolean slowApplied = slow.result();
        eventually(() -> assertThat(node.status().pendingUpdates()).isZero());
        long stored =
                node.fetchLatest(topic).map(state -> state.value().value()).orElse(0L);
        assertThat(stored).as("what a caller was told is what happened").isEqualTo(slowApplied ? 1 : 0);
        assertThat(node.optimisticUpdate(topic, state -> state.plus(100))
                        .value()
                        .value())
                .isEqualTo(stored + 100);
    }
}
