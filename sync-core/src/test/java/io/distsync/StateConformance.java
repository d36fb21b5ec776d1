package io.distsync;

import static io.distsync.Nodes.awaitCurrent;
import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.failureOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.ServiceFixture.Capability;
import io.distsync.backend.Change;
import io.distsync.backend.Selection;
import io.distsync.error.AbsentStateException;
import io.distsync.error.ConflictException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.RejectedException;
import io.distsync.error.StaleTokenException;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Cases of <i>State and compare-and-set</i> that a caller of the service can see. */
abstract class StateConformance {

    private static final byte[] GARBAGE = "{\"value\": not JSON".getBytes(StandardCharsets.UTF_8);

    abstract Nodes nodes();

    @Test
    @DisplayName("S1: threads of one node add up exactly, with a revision for each update")
    void threadsOfOneNodeAddUp() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Queue<Long> revisions = new ConcurrentLinkedQueue<>();
        Together.run(8, thread -> {
            for (int i = 0; i < 100; i++) {
                revisions.add(node.optimisticUpdate(topic, state -> state.plus(1))
                        .version()
                        .revision());
            }
        });
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(800));
        assertThat(revisions).doesNotHaveDuplicates().hasSize(800);
        assertThat(nodes().head(topic).revision()).isEqualTo(800);
    }

    @Test
    @DisplayName("S1: two nodes on one key add up exactly")
    void twoNodesAddUp() {
        SyncService[] node = {nodes().open(), nodes().open()};
        Topic<Counter> topic = nodes().counters();
        Together.run(4, thread -> {
            for (int i = 0; i < 50; i++) {
                Versioned<Counter> result = node[thread % 2].optimisticUpdate(topic, state -> state.plus(1));
                // Every update adds one to a state that began at 0: value and revision go together.
                assertThat(result.value().value()).isEqualTo(result.version().revision());
            }
        });
        assertThat(node[0].fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(200));
        assertThat(node[1].fetchLatest(topic)).isEqualTo(node[0].fetchLatest(topic));
    }

    @Test
    @DisplayName("S1: compare-and-set loops of two nodes add up exactly")
    void compareAndSetLoopsAddUp() {
        SyncService[] node = {nodes().open(), nodes().open()};
        Topic<Counter> topic = nodes().counters();
        node[0].send(topic, Counter.ZERO);
        Together.run(4, thread -> {
            for (int i = 0; i < 25; i++) {
                Versioned<Counter> seen = node[thread % 2].fetchLatest(topic).orElseThrow();
                CasResult<Counter> result;
                do {
                    result = node[thread % 2].compareAndSet(
                            topic, seen.version(), seen.value().plus(1));
                    seen = result.current();
                } while (!result.isCommitted());
            }
        });
        assertThat(node[1].fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(100));
    }

    @Test
    @DisplayName("S2: function throws: its caller gets the very exception and nothing is written or broadcast")
    void functionThrows() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> before = node.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            for (Throwable thrown :
                    List.of(new IllegalArgumentException("no"), new AssertionError("no"), new CheckedException())) {
                UnaryOperator<Counter> failing = state -> {
                    throw sneaky(thrown);
                };
                assertThat(catchThrowable(() -> node.optimisticUpdate(topic, failing)))
                        .isSameAs(thrown);
                assertThat(failureOf(() -> node.optimisticUpdateAsync(topic, failing)))
                        .isSameAs(thrown);
            }
            assertThat(node.fetchLatest(topic)).contains(before);
            Versioned<Counter> next = node.optimisticUpdate(topic, state -> state.plus(1));
            assertThat(next.version().revision()).isEqualTo(before.version().revision() + 1);
            eventually(() -> assertThat(listener.changes()).containsExactly(before, next));
        }
        assertThat(nodes().log(topic)).hasSize(2);
    }

    @Test
    @DisplayName("S3: function returns null: rejected with an error that says so")
    @SuppressWarnings("NullAway") // breaking the contract is the point
    void functionReturnsNull() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> before = node.send(topic, Counter.of(1));
        assertThatThrownBy(() -> node.optimisticUpdate(topic, state -> null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("null")
                .hasMessageContaining(topic.name());
        assertThat(failureOf(() -> node.optimisticUpdateAsync(topic, state -> null)))
                .isInstanceOf(NullPointerException.class);
        assertThat(node.fetchLatest(topic)).contains(before);
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S4: function returns an equal value: no commit, no broadcast, the present state is the result")
    void equalValueIsNoCommit() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> before = node.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            Versioned<Counter> result = node.optimisticUpdate(topic, state -> Counter.of(state.value()));
            assertThat(result).isEqualTo(before);
            Versioned<Counter> next = node.optimisticUpdate(topic, state -> state.plus(1));
            eventually(() -> assertThat(listener.changes()).containsExactly(before, next));
        }
        assertThat(nodes().log(topic)).hasSize(2);
    }

    @Test
    @DisplayName("S4: function leaves an absent state at its initial value: nothing is stored")
    void initialValueIsNotStoredByANoOp() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> result = node.optimisticUpdate(topic, state -> Counter.of(0));
        assertThat(result).isEqualTo(new Versioned<>(Counter.ZERO, Version.ABSENT, false));
        assertThat(node.fetchLatest(topic)).isEmpty();
        assertThat(nodes().head(topic).revision()).isZero();
    }

    @Test
    @DisplayName("S5: function updates its own topic: fails at once, by whatever way it tries")
    void functionMayNotUpdateItsOwnTopic() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        Versioned<Counter> outer = node.optimisticUpdate(topic, state -> {
            failures.clear();
            failures.add(failureOf(() -> Nodes.completed(() -> node.optimisticUpdate(topic, inner -> inner.plus(10)))));
            failures.add(failureOf(() -> node.optimisticUpdateAsync(topic, inner -> inner.plus(10))));
            failures.add(failureOf(() -> Nodes.completed(() -> node.send(topic, Counter.of(10)))));
            failures.add(
                    failureOf(() -> Nodes.completed(() -> node.compareAndSet(topic, Version.ABSENT, Counter.of(10)))));
            failures.add(failureOf(() -> Nodes.completed(() -> node.delete(topic))));
            failures.add(failureOf(() -> Nodes.completed(() -> node.map(topic).put("", Counter.of(10)))));
            return state.plus(1);
        });
        assertThat(failures)
                .hasSize(6)
                .allSatisfy(failure -> assertThat(failure)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining(topic.name()));
        assertThat(outer.value()).isEqualTo(Counter.of(1));
        assertThat(nodes().log(topic)).hasSize(1);
    }

    @Test
    @DisplayName("S5: the refusal reaches the caller of a function that does not catch it")
    void refusalOfNestedUpdateReachesTheCaller() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        assertThatThrownBy(() -> node.optimisticUpdate(
                        topic,
                        state -> node.optimisticUpdate(topic, inner -> inner.plus(1))
                                .value()))
                .isInstanceOf(IllegalStateException.class);
        assertThat(node.fetchLatest(topic)).isEmpty();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("S5: a function may update another topic")
    void functionMayUpdateAnotherTopic() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Topic<Counter> other = nodes().counters();
        node.optimisticUpdate(
                topic,
                state -> state.plus(node.optimisticUpdate(other, inner -> Counter.of(7))
                        .value()
                        .value()));
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(7));
        assertThat(node.fetchLatest(other).orElseThrow().value()).isEqualTo(Counter.of(7));
    }

    @Test
    @DisplayName("S6: function slower than the lease of its entry: the expired entry is not revived")
    void functionSlowerThanTheLease() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        map.put("key", Counter.of(5), LeaseOptions.ttl(Duration.ofSeconds(5)));
        AtomicBoolean first = new AtomicBoolean(true);
        Versioned<Counter> result = map.update("key", state -> {
            if (first.getAndSet(false)) {
                nodes().advance(Duration.ofSeconds(60));
            }
            return state.plus(1);
        });
        assertThat(result.value()).isEqualTo(Counter.of(1));
        assertThat(nodes().log(topic))
                .extracting(Change::cause)
                .containsExactly(Change.Cause.WRITE, Change.Cause.EXPIRED, Change.Cause.WRITE);
        assertThat(map.read(Selection.keys("key")).entries().get(0).leaseId()).isNull();
    }

    @Test
    @DisplayName("S7: delete between fetch and compare: conflict, and the current state is absent")
    void deleteBetweenFetchAndCompare() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        Versioned<Counter> fetched = node.fetchLatest(topic).orElseThrow();
        assertThat(other.delete(topic)).isTrue();
        CasResult<Counter> result = node.compareAndSet(topic, fetched.version(), Counter.of(2));
        assertThat(result).isInstanceOf(CasResult.Conflict.class);
        assertThat(result.isCommitted()).isFalse();
        assertThat(result.current().present()).isFalse();
        assertThat(result.current().value()).isEqualTo(Counter.ZERO);
        assertThat(node.fetchLatest(topic)).isEmpty();
    }

    @Test
    @DisplayName("S7: delete while a function runs: it runs again on the absent state")
    void deleteWhileAFunctionRuns() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(5));
        AtomicBoolean first = new AtomicBoolean(true);
        Versioned<Counter> result = node.optimisticUpdate(topic, state -> {
            if (first.getAndSet(false)) {
                nodes().rivalDelete(topic);
            }
            return state.plus(1);
        });
        assertThat(result.value()).isEqualTo(Counter.of(1));
        assertThat(result.version().revision()).isEqualTo(3);
    }

    @Test
    @DisplayName("S8: delete then recreate: the version grows and a stale compare fails")
    void noAbaAfterRecreation() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> first = node.send(topic, Counter.of(1));
        assertThat(node.delete(topic)).isTrue();
        Versioned<Counter> second = node.send(topic, Counter.of(1));
        assertThat(second.version().isNewerThan(first.version())).isTrue();
        assertThat(second.version().revision()).isEqualTo(3);
        CasResult<Counter> stale = node.compareAndSet(topic, first.version(), Counter.of(9));
        assertThat(stale).isEqualTo(new CasResult.Conflict<>(second));
        assertThat(node.fetchLatest(topic)).contains(second);
    }

    @Test
    @DisplayName("S8: a compare with the right numbers and another link fails")
    void compareLooksAtTheLink() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> state = node.send(topic, Counter.of(1));
        Version forged = new Version(
                state.version().epoch(),
                state.version().revision(),
                state.version().link() + 1);
        assertThat(node.compareAndSet(topic, forged, Counter.of(2))).isEqualTo(new CasResult.Conflict<>(state));
        assertThat(node.compareAndSet(topic, state.version(), Counter.of(2)).isCommitted())
                .isTrue();
    }

    @Test
    @DisplayName("S9: expected absent succeeds on an absent and on a deleted state, and fails on a stored one")
    void expectedAbsent() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        CasResult<Counter> onAbsent = node.compareAndSet(topic, Version.ABSENT, Counter.of(1));
        assertThat(onAbsent).isInstanceOf(CasResult.Committed.class);
        assertThat(onAbsent.current().present()).isTrue();
        assertThat(node.compareAndSet(topic, Version.ABSENT, Counter.of(2)))
                .isEqualTo(new CasResult.Conflict<>(onAbsent.current()));
        node.delete(topic);
        CasResult<Counter> onDeleted = node.compareAndSet(topic, Version.ABSENT, Counter.of(3));
        assertThat(onDeleted.isCommitted()).isTrue();
        assertThat(node.fetchLatest(topic)).contains(onDeleted.current());
    }

    @Test
    @DisplayName("S9: expected absent succeeds on an expired state, even before the expiry was noticed")
    void expectedAbsentOnExpired() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.map(topic).put("", Counter.of(1), LeaseOptions.ttl(Duration.ofSeconds(1)));
        nodes().advance(Duration.ofSeconds(10));
        CasResult<Counter> result = node.compareAndSet(topic, Version.ABSENT, Counter.of(2));
        assertThat(result.isCommitted()).isTrue();
        assertThat(result.current().version().revision()).isEqualTo(3);
    }

    @Test
    @DisplayName("S9: a compare with the version of a deleted or expired state fails")
    void compareWithTheVersionOfADeletedStateFails() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> written = node.send(topic, Counter.of(1));
        node.delete(topic);
        Version deletion = nodes().head(topic);
        for (Version expected : List.of(written.version(), deletion)) {
            CasResult<Counter> result = node.compareAndSet(topic, expected, Counter.of(2));
            assertThat(result.isCommitted()).isFalse();
            assertThat(result.current().present()).isFalse();
        }
        assertThat(nodes().head(topic)).isEqualTo(deletion);
    }

    @Test
    @DisplayName("S10: an update keeps, replaces or clears the lease, as it says")
    void leaseOfAnUpdateIsExplicit() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        LeaseOptions lease = LeaseOptions.lease("mine", Duration.ofSeconds(10));
        for (String key : List.of("kept", "replaced", "cleared", "overwritten")) {
            map.put(key, Counter.of(1), lease);
        }
        map.update("kept", state -> state.plus(1));
        map.update("replaced", state -> state.plus(1), LeaseOptions.lease("other", Duration.ofSeconds(100)));
        map.update("cleared", state -> state.plus(1), LeaseOptions.none());
        map.put("overwritten", Counter.of(2));
        assertThat(map.read(Selection.keys("kept", "replaced", "cleared", "overwritten"))
                        .entries())
                .extracting(MapEntry::leaseId)
                .containsExactly("mine", "other", null, null);

        nodes().advance(Duration.ofSeconds(50));
        assertThat(map.get("kept")).isEmpty();
        assertThat(map.get("replaced")).isPresent();
        assertThat(map.get("cleared")).isPresent();
        assertThat(map.get("overwritten")).isPresent();
        nodes().advance(Duration.ofSeconds(100));
        assertThat(map.get("replaced")).isEmpty();
    }

    @Test
    @DisplayName("S10: optimisticUpdate of a leased state keeps the lease with the time it has left")
    void optimisticUpdateKeepsTheLease() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.map(topic).put("", Counter.of(1), LeaseOptions.ttl(Duration.ofSeconds(10)));
        nodes().advance(Duration.ofSeconds(6));
        node.optimisticUpdate(topic, state -> state.plus(1));
        assertThat(node.fetchLatest(topic)).isPresent();
        nodes().advance(Duration.ofSeconds(6));
        assertThat(node.fetchLatest(topic)).isEmpty();
    }

    @Test
    @DisplayName("S11: an expiry is one change with a revision of its own, even when nobody reads")
    void expiryIsOneChange() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            Versioned<Counter> written =
                    node.map(topic).put("", Counter.of(1), LeaseOptions.ttl(Duration.ofSeconds(1)));
            nodes().advance(Duration.ofSeconds(5));
            eventually(() -> assertThat(listener.changes()).hasSize(2));
            nodes().advance(Duration.ofSeconds(60));
            Versioned<Counter> expired = listener.changes().get(1);
            assertThat(expired.present()).isFalse();
            assertThat(expired.value()).isEqualTo(Counter.ZERO);
            assertThat(expired.version().revision()).isEqualTo(written.version().revision() + 1);
            eventually(() -> assertThat(handle.versioned()).isEqualTo(expired));
            assertThat(listener.changes()).hasSize(2);
        }
        assertThat(nodes().log(topic))
                .extracting(Change::cause)
                .containsExactly(Change.Cause.WRITE, Change.Cause.EXPIRED);
    }

    @Test
    @DisplayName("S12: retry budget exhausted: typed error with the current version, nothing written")
    void retryBudgetExhausted() {
        SyncService node = nodes().open(builder -> builder.maxConflicts(3));
        Topic<Counter> topic = nodes().counters();
        AtomicInteger runs = new AtomicInteger();
        Throwable failure = catchThrowable(() -> node.optimisticUpdate(topic, state -> {
            nodes().rival(topic, Counter.of(100 + runs.incrementAndGet()));
            return state.plus(1);
        }));
        assertThat(failure).isInstanceOf(ConflictException.class).hasMessageContaining(topic.name());
        assertThat(((ConflictException) failure).current()).isEqualTo(nodes().head(topic));
        assertThat(runs).hasValueBetween(3, 4);
        assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(100 + runs.get()));
        assertThat(node.optimisticUpdate(topic, state -> Counter.of(1)).value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("S15: payload over the limit: rejected before any I/O with an error that names the limit")
    void payloadOverTheLimit() {
        nodes().require(Capability.SERIALIZES);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        int limit = node.status().backend().maxPayloadBytes();
        Versioned<Counter> before = node.send(topic, Counter.of(1));
        Counter huge = new Counter(1, "x".repeat(limit));
        for (Throwable failure : List.of(
                failureOf(() -> node.sendAsync(topic, huge)),
                failureOf(() -> node.compareAndSetAsync(topic, before.version(), huge)),
                failureOf(() -> node.optimisticUpdateAsync(topic, state -> huge)),
                failureOf(() -> node.map(topic).putAsync("key", huge)),
                failureOf(() -> node.map(topic).commitAsync(commit -> commit.put("key", huge))))) {
            assertThat(failure)
                    .isInstanceOfAny(IllegalArgumentException.class, RejectedException.class)
                    .hasMessageContaining(Integer.toString(limit));
            assertThat(failure.toString()).hasSizeLessThan(1_000);
        }
        assertThat(node.fetchLatest(topic)).contains(before);
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S15: updates that are small each and too large together all succeed")
    void combinedUpdatesStayBelowTheLimit() {
        nodes().require(Capability.SERIALIZES);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        int limit = node.status().backend().maxPayloadBytes();
        Gate gate = nodes().occupy(node, topic);
        var updates = IntStream.range(0, 10)
                .mapToObj(i -> node.optimisticUpdateAsync(
                        topic, state -> new Counter(state.value() + 1, (i % 2 + "x").repeat(limit / 6))))
                .toList();
        gate.open();
        assertThat(updates)
                .extracting(update -> Nodes.join(update).value().value())
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    }

    @Test
    @DisplayName("S16: stored payload undecodable: that topic fails typed, others live, the value is not overwritten")
    void undecodableStateIsLeftAlone() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Topic<Counter> healthy = nodes().counters();
        Version stored = nodes().storeBytes(topic, "", GARBAGE);
        assertThatThrownBy(() -> node.optimisticUpdate(topic, state -> state.plus(1)))
                .isInstanceOf(UndecodableStateException.class)
                .hasMessageContaining(topic.name())
                .hasMessageNotContaining("not JSON");
        assertThatThrownBy(() -> node.optimisticUpdate(topic, state -> state))
                .isInstanceOf(UndecodableStateException.class);
        assertThatThrownBy(() -> node.fetchLatest(topic)).isInstanceOf(UndecodableStateException.class);
        assertThatThrownBy(() -> node.map(topic).get("")).isInstanceOf(UndecodableStateException.class);
        assertThat(node.optimisticUpdate(healthy, state -> state.plus(1)).value())
                .isEqualTo(Counter.of(1));
        assertThat(nodes().head(topic)).isEqualTo(stored);
        assertThat(nodes().storedBytes(topic, "")).isEqualTo(GARBAGE);
    }

    @Test
    @DisplayName("S16: a topic that was known becomes undecodable: updates are refused, not computed on the old value")
    void stateThatBecomesUndecodable() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            Versioned<Counter> good = node.send(topic, Counter.of(1));
            nodes().storeBytes(topic, "", GARBAGE);
            assertThatThrownBy(() -> node.optimisticUpdate(topic, state -> state.plus(1)))
                    .isInstanceOf(UndecodableStateException.class);
            assertThat(nodes().storedBytes(topic, "")).isEqualTo(GARBAGE);
            assertThat(handle.get()).as("last good value").isEqualTo(good.value());
        }
    }

    @Test
    @DisplayName("S16: send and delete repair an undecodable state")
    void sendRepairsAnUndecodableState() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        nodes().storeBytes(topic, "", GARBAGE);
        node.send(topic, Counter.of(3));
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(4));
        nodes().storeBytes(topic, "", GARBAGE);
        assertThat(node.delete(topic)).isTrue();
        assertThat(node.optimisticUpdate(topic, state -> state.plus(1)).value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("S30: over 256 checks or mutations in one commit: rejected before any I/O")
    void tooManyMutations() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        assertThatThrownBy(() -> map.commit(commit -> {
                    for (int i = 0; i <= Limits.MAX_MUTATIONS; i++) {
                        commit.put("key" + i, Counter.of(i));
                    }
                }))
                .isInstanceOfAny(IllegalArgumentException.class, RejectedException.class)
                .hasMessageContaining(Integer.toString(Limits.MAX_MUTATIONS));
        assertThat(failureOf(() -> map.commitAsync(commit -> {
                    for (int i = 0; i <= Limits.MAX_MUTATIONS; i++) {
                        commit.expectAbsent("key" + i);
                    }
                })))
                .isInstanceOfAny(IllegalArgumentException.class, RejectedException.class);
        assertThat(nodes().head(topic)).isEqualTo(Version.ABSENT);
    }

    @Test
    @DisplayName("API: the state of an absent topic starts from its initial value; without one the error says so")
    void absentStateWithoutInitialValue() {
        SyncService node = nodes().open();
        Topic<Counter> without = nodes().uninitialised();
        assertThatThrownBy(() -> node.optimisticUpdate(without, state -> state.plus(1)))
                .isInstanceOf(AbsentStateException.class)
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining(without.name())
                .hasMessageContaining("initial");
        assertThat(node.fetchLatest(without)).isEmpty();
        node.send(without, Counter.of(1));
        assertThat(node.optimisticUpdate(without, state -> state.plus(1)).value())
                .isEqualTo(Counter.of(2));
        node.delete(without);
        assertThatThrownBy(() -> node.optimisticUpdate(without, state -> state.plus(1)))
                .isInstanceOf(AbsentStateException.class);
        Topic<Counter> with = nodes().counters();
        assertThat(node.optimisticUpdate(with, state -> state.plus(1)).value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("API: fetchLatest sees every acknowledged write of every node")
    void fetchIsLinearizable() {
        SyncService writer = nodes().open();
        SyncService reader = nodes().open();
        Topic<Counter> topic = nodes().counters();
        assertThat(reader.fetchLatest(topic)).isEmpty();
        for (int i = 1; i <= 50; i++) {
            Versioned<Counter> written = writer.send(topic, Counter.of(i));
            assertThat(reader.fetchLatest(topic)).contains(written);
        }
        writer.delete(topic);
        assertThat(reader.fetchLatest(topic)).isEmpty();
    }

    @Test
    @DisplayName("API: delete says whether there was something, and uses no revision if not")
    void deleteSaysWhetherThereWasSomething() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        assertThat(node.delete(topic)).isFalse();
        node.send(topic, Counter.of(1));
        assertThat(node.delete(topic)).isTrue();
        assertThat(node.delete(topic)).isFalse();
        assertThat(Nodes.join(node.deleteAsync(topic))).isFalse();
        assertThat(nodes().head(topic).revision()).isEqualTo(2);
    }

    @Test
    @DisplayName("API: send overwrites what others wrote, and writes even an equal value")
    void sendOverwrites() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        nodes().rival(topic, Counter.of(2));
        Versioned<Counter> sent = node.send(topic, Counter.of(3));
        Versioned<Counter> again = node.send(topic, Counter.of(3));
        assertThat(sent.present()).isTrue();
        assertThat(again.version().revision()).isEqualTo(4);
        assertThat(node.fetchLatest(topic)).contains(again);
    }

    @Test
    @DisplayName("API: compareAndSet writes even an equal value")
    void compareAndSetWritesAnEqualValue() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> first = node.send(topic, Counter.of(1));
        CasResult<Counter> result = node.compareAndSet(topic, first.version(), Counter.of(1));
        assertThat(result.isCommitted()).isTrue();
        assertThat(result.current().version().revision()).isEqualTo(2);
    }

    @Test
    @DisplayName("API: a null argument is refused before any I/O")
    @SuppressWarnings("NullAway") // breaking the contract is the point
    void nullIsRefused() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        for (Throwable failure : List.of(
                failureOf(() -> node.sendAsync(topic, null)),
                failureOf(() -> node.compareAndSetAsync(topic, Version.ABSENT, null)),
                failureOf(() -> node.compareAndSetAsync(topic, null, Counter.ZERO)),
                failureOf(() -> node.optimisticUpdateAsync(topic, null)),
                failureOf(() -> node.map(topic).putAsync("key", null)),
                failureOf(() -> node.map(topic).commitAsync(commit -> commit.put("key", null))))) {
            assertThat(failure).isInstanceOfAny(NullPointerException.class, IllegalArgumentException.class);
        }
        assertThat(nodes().head(topic)).isEqualTo(Version.ABSENT);
    }

    @Test
    @DisplayName("API: bad names are refused before any I/O")
    void badNamesAreRefused() {
        SyncService node = nodes().open();
        for (String name : List.of("", "with space", "brace{", "ünicode", "x".repeat(201))) {
            assertThatThrownBy(() -> Topic.of(name, Counter.class)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> node.send(Counter.class, Counter.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SyncTopic");
        Topic<Counter> topic = nodes().counters();
        assertThat(failureOf(() -> node.map(topic).putAsync("k".repeat(1_025), Counter.ZERO)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1024");
    }

    @Test
    @DisplayName("API: a topic keeps one type and one set of options in a service")
    void oneTopicOneType() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        assertThatThrownBy(() -> node.send(Topic.of(topic.name(), String.class), "text"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(topic.name());
        assertThatThrownBy(() -> node.send(topic.withConflation(), Counter.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        Topic<Counter> same = Topic.of(topic.name(), Counter.class);
        assertThat(node.fetchLatest(same).orElseThrow().value()).isEqualTo(Counter.of(1));
    }

    @Test
    @DisplayName("API: an annotated type and its explicit topic are the same topic")
    void annotatedTypeNamesItsTopic() {
        SyncService node = nodes().open();
        node.delete(Annotated.class); // the name is fixed, so an earlier run may have left a state
        assertThat(node.optimisticUpdate(Annotated.class, state -> new Annotated(state.value() + 1))
                        .value())
                .isEqualTo(new Annotated(43));
        assertThat(node.fetchLatest(Topic.of(Annotated.class)).orElseThrow().value())
                .isEqualTo(new Annotated(43));
        try (DistributedSync<Annotated> handle = node.sync(Annotated.class)) {
            assertThat(handle.topic().name()).isEqualTo("conformance_annotated");
            assertThat(handle.get()).isEqualTo(new Annotated(43));
            assertThat(node.compareAndSet(Annotated.class, handle.versioned().version(), new Annotated(1))
                            .isCommitted())
                    .isTrue();
            assertThat(node.send(Annotated.class, new Annotated(2)).present()).isTrue();
        }
        assertThat(node.delete(Annotated.class)).isTrue();
        assertThat(node.fetchLatest(Annotated.class)).isEmpty();
    }

    @Test
    @DisplayName("API: two topics of one type are independent")
    void topicsAreIndependent() {
        SyncService node = nodes().open();
        Topic<Counter> one = nodes().counters();
        Topic<Counter> two = nodes().counters();
        node.send(one, Counter.of(1));
        assertThat(node.fetchLatest(two)).isEmpty();
        Versioned<Counter> second = node.send(two, Counter.of(2));
        assertThat(second.version().revision()).isEqualTo(1);
        assertThat(node.fetchLatest(one).orElseThrow().value()).isEqualTo(Counter.of(1));
    }

    /** A state whose topic is named by its type. */
    @SyncTopic("conformance_annotated")
    public record Annotated(int value) {
        Annotated() {
            this(42);
        }
    }

    private static final class CheckedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** Throws what a function is not allowed to declare. */
    private static RuntimeException sneaky(Throwable thrown) {
        StateConformance.<RuntimeException>throwAs(thrown);
        throw new AssertionError();
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the cast is erased, which is the point
    private static <E extends Throwable> void throwAs(Throwable thrown) throws E {
        throw (E) thrown;
    }

    @Test
    @DisplayName("S34: a fenced update is refused with an older token, which changes nothing and says so")
    void fencedUpdate() {
        SyncService[] node = {nodes().open(), nodes().open()};
        Topic<Counter> topic = nodes().counters();
        Version older = new Version(1, 7, 0);
        Version newer = new Version(1, 8, 0);
        assertThat(node[0].fencedUpdate(topic, "lock", older, state -> state.plus(1))
                        .value())
                .isEqualTo(Counter.of(1));
        assertThat(node[1].fencedUpdate(topic, "lock", newer, state -> state)
                        .version()
                        .revision())
                .as("an update that changes nothing")
                .isEqualTo(1);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> node[0].fencedUpdate(topic, "lock", older, state -> state.plus(1)))
                    .isInstanceOfSatisfying(
                            StaleTokenException.class,
                            stale -> assertThat(stale.newest()).isEqualTo(newer))
                    .hasMessageContaining(topic.name())
                    .hasMessageContaining("'lock'");
        }
        assertThat(failureOf(() -> node[0].fencedUpdateAsync(topic, "lock", older, state -> state.plus(1))))
                .isInstanceOf(StaleTokenException.class);
        assertThat(node[0].fencedUpdate(topic, "another", older, state -> state.plus(1))
                        .value())
                .isEqualTo(Counter.of(2));
        assertThat(node[0].fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("S34: fenced updates of two nodes with one token add up exactly, beside others")
    void fencedUpdatesAddUp() {
        SyncService[] node = {nodes().open(), nodes().open()};
        Topic<Counter> topic = nodes().counters();
        Version token = new Version(1, 7, 0);
        Together.run(4, thread -> {
            for (int i = 0; i < 25; i++) {
                if (thread == 3) {
                    node[1].optimisticUpdate(topic, state -> state.plus(1));
                } else if (thread == 2) {
                    node[0].fencedUpdateAsync(topic, "lock", token, state -> state.plus(1))
                            .join();
                } else {
                    node[thread].fencedUpdate(topic, "lock", token, state -> state.plus(1));
                }
            }
        });
        assertThat(node[0].fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(100));
    }
}
