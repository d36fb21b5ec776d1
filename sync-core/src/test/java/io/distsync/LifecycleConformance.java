package io.distsync;

import static io.distsync.Nodes.awaitCurrent;
import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.failureOf;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.distsync.ServiceFixture.Capability;
import io.distsync.backend.Lease;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.DeadlineExceededException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.error.SyncException;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Use after close, orderly close, and operations while the store is away. */
abstract class LifecycleConformance {

    abstract Nodes nodes();

    @Test
    @DisplayName("S20: every operation of a closed service fails as not applied, saying that it is closed")
    void operationsAfterClose() {
        SyncService node = nodes().open();
        Topic<Counter> used = nodes().counters();
        Topic<Counter> fresh = nodes().counters();
        node.send(used, Counter.of(1));
        SyncMap<Counter> map = node.map(used);
        assertThat(node.isClosed()).isFalse();
        node.close();
        node.close();
        assertThat(node.isClosed()).isTrue();
        for (Topic<Counter> topic : List.of(used, fresh)) {
            for (Throwable failure : List.of(
                    failureOf(() -> Nodes.completed(() -> node.optimisticUpdate(topic, state -> state.plus(1)))),
                    failureOf(() -> node.optimisticUpdateAsync(topic, state -> state.plus(1))),
                    failureOf(() -> Nodes.completed(() -> node.send(topic, Counter.of(2)))),
                    failureOf(() -> node.sendAsync(topic, Counter.of(2))),
                    failureOf(() -> Nodes.completed(() -> node.fetchLatest(topic))),
                    failureOf(() -> node.fetchLatestAsync(topic)),
                    failureOf(() -> node.compareAndSetAsync(topic, Version.ABSENT, Counter.of(2))),
                    failureOf(() -> node.deleteAsync(topic)),
                    failureOf(() -> Nodes.completed(() -> node.sync(topic))),
                    failureOf(() -> node.syncAsync(topic)))) {
                assertThat(failure)
                        .isInstanceOf(ServiceClosedException.class)
                        .isInstanceOf(NotAppliedException.class)
                        .hasMessageContaining("closed");
            }
        }
        for (Throwable failure : List.of(
                failureOf(() -> map.putAsync("key", Counter.of(2))),
                failureOf(() -> map.updateAsync("key", state -> state.plus(1))),
                failureOf(() -> map.getAsync("key")),
                failureOf(() -> map.readAsync(Selection.first("", 1))),
                failureOf(() -> map.commitAsync(commit -> commit.delete("key"))),
                failureOf(() -> map.keepAliveAsync(List.of(new Lease(used.name(), "k", "l")))))) {
            assertThat(failure).isInstanceOf(ServiceClosedException.class);
        }
        assertThat(nodes().head(used).revision()).isEqualTo(1);
    }

    @Test
    @DisplayName("S20: handles of a closed service keep their last state, are stale, and can be closed")
    void handlesAfterClose() throws InterruptedException {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> known = node.send(topic, Counter.of(1));
        DistributedSync<Counter> handle = node.sync(topic);
        awaitCurrent(handle);
        node.close();
        assertThat(handle.versioned()).isEqualTo(known);
        assertThat(handle.status()).isInstanceOf(FeedStatus.Stale.class);
        assertThat(handle.changed(Duration.ZERO)).isFalse();
        assertThatCode(handle::close).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("S20: closing a service does not close the store of the others")
    void closeLeavesTheOthers() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        node.close();
        assertThat(other.optimisticUpdate(topic, state -> state.plus(1)).value())
                .isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("API: close lets operations under way finish")
    void closeWaitsForOperations() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        Together.Running<Versioned<Counter>> update = Together.start(
                "update",
                () -> node.optimisticUpdate(topic, state -> {
                    gate.pass();
                    return state.plus(1);
                }));
        gate.awaitArrival();
        CompletableFuture<Versioned<Counter>> queued = node.optimisticUpdateAsync(topic, state -> state.plus(10));
        Together.Running<?> closing = Together.start("closing", () -> {
            node.close();
            return null;
        });
        eventually(() -> assertThat(node.isClosed()).isTrue());
        assertThat(failureOf(() -> node.sendAsync(topic, Counter.of(9)))).isInstanceOf(ServiceClosedException.class);
        gate.open();
        closing.result();
        assertThat(update.result().value()).isEqualTo(Counter.of(1));
        assertThat(join(queued).value()).isEqualTo(Counter.of(11));
        assertThat(nodes().head(topic).revision()).isEqualTo(2);
    }

    /** Begins an update, and returns while its function waits at the gate. */
    private static Together.Running<?> incrementBehind(Gate gate, SyncService node, Topic<Counter> topic) {
        Together.Running<?> underWay = Together.start(
                "under-way",
                () -> node.optimisticUpdate(topic, state -> {
                    gate.pass();
                    return state.plus(1);
                }));
        gate.awaitArrival();
        return underWay;
    }

    @Test
    @DisplayName("API: what was not sent when the grace period ends fails as not applied, and never is")
    void closeWithoutGrace() {
        SyncService node = nodes().open(builder -> builder.shutdownGrace(Duration.ZERO));
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        Together.Running<?> underWay = incrementBehind(gate, node, topic);
        List<CompletableFuture<Versioned<Counter>>> queued = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            queued.add(node.optimisticUpdateAsync(topic, state -> state.plus(1)));
        }
        node.close();
        for (CompletableFuture<Versioned<Counter>> future : queued) {
            assertThat(failureOf(() -> future)).isInstanceOf(NotAppliedException.class);
        }
        gate.open();
        assertThat(underWay.failure()).isInstanceOf(NotAppliedException.class);
        assertThat(nodes().head(topic)).isEqualTo(Version.ABSENT);
    }

    @Test
    @DisplayName("API: a function that outlasts the grace period changes nothing")
    void functionThatOutlastsTheGrace() {
        SyncService node = nodes().open(builder -> builder.shutdownGrace(Duration.ZERO));
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        Gate gate = nodes().gate();
        Together.Running<?> underWay = incrementBehind(gate, node, topic);

        node.close();
        gate.open();

        assertThat(underWay.failure()).isInstanceOf(NotAppliedException.class);
        assertThat(nodes().head(topic).revision()).isEqualTo(1);
    }

    @Test
    @DisplayName("API: operations racing with close end one way or the other, and tell the truth")
    void closeRacingWithOperations() {
        Topic<Counter> topic = nodes().counters();
        AtomicInteger applied = new AtomicInteger();
        for (int round = 0; round < 20; round++) {
            SyncService node = nodes().open();
            Together.run(4, thread -> {
                if (thread == 0) {
                    node.close();
                    return;
                }
                for (int i = 0; i < 50; i++) {
                    try {
                        node.optimisticUpdate(topic, state -> state.plus(1));
                        applied.incrementAndGet();
                    } catch (NotAppliedException e) {
                        assertThat(node.isClosed()).isTrue();
                        return;
                    }
                }
            });
        }
        assertThat(nodes().head(topic).revision()).isEqualTo(applied.get());
    }

    @Test
    @DisplayName("F11: no callback after the service's close returned, and close waits for those that run")
    void noCallbackAfterServiceClose() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        DistributedSync<Counter> handle = node.sync(topic);
        Gate inside = nodes().gate();
        Recorder<Counter> listener = new Recorder<>(change -> inside.pass());
        MapRecorder<Counter> following = new MapRecorder<>();
        handle.onChange(Delivery.EVERY, listener);
        node.map(topic).follow(Scope.log(), Version.ABSENT, following);
        node.send(topic, Counter.of(1));
        node.send(topic, Counter.of(2));
        inside.awaitArrival();
        Together.Running<Integer> closing = Together.start("closing", () -> {
            node.close();
            return listener.calls();
        });
        eventually(() -> assertThat(node.isClosed()).isTrue());
        inside.open();
        int atClose = closing.result();
        int followed = following.changes().size();
        nodes().rival(topic, Counter.of(3));
        assertThat(listener.calls()).isEqualTo(atClose);
        assertThat(following.changes()).hasSize(followed);
    }

    @Test
    @DisplayName("API: a listener may close the service")
    void listenerClosesTheService() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        DistributedSync<Counter> handle = node.sync(topic);
        Gate closed = nodes().gate();
        handle.onChange(change -> {
            node.close();
            closed.open();
        });
        nodes().rival(topic, Counter.of(1));
        closed.pass();
        assertThat(node.isClosed()).isTrue();
    }

    @Test
    @DisplayName("API: a blocked listener does not keep close from returning once the grace period is over")
    void blockedListenerAndClose() {
        SyncService node = nodes().open(builder -> builder.shutdownGrace(Duration.ofMillis(100)));
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        DistributedSync<Counter> handle = node.sync(topic);
        handle.onChange(change -> gate.pass());
        node.send(topic, Counter.of(1));
        gate.awaitArrival();
        node.close();
        assertThat(node.isClosed()).isTrue();
        gate.open();
    }

    @Test
    @DisplayName("API: while the store is away operations fail typed, within the deadline, and work again afterwards")
    void storeAway() {
        nodes().require(Capability.CONNECTION);
        SyncService node = nodes().open(builder -> builder.timeout(Duration.ofMillis(500)));
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            nodes().cut(node);
            int unknown = 0;
            for (Throwable failure : List.of(
                    failureOf(() -> node.optimisticUpdateAsync(topic, state -> state.plus(1))),
                    failureOf(() -> node.sendAsync(topic, Counter.of(5))),
                    failureOf(() -> node.deleteAsync(topic)),
                    failureOf(() -> node.fetchLatestAsync(topic)))) {
                assertThat(failure).isInstanceOf(SyncException.class);
                if (failure instanceof NotAppliedException) {
                    assertThat(failure)
                            .isInstanceOfAny(BackendUnavailableException.class, DeadlineExceededException.class);
                } else {
                    unknown++;
                }
            }
            nodes().heal(node);
            awaitCurrent(handle);
            eventually(() -> assertThat(node.status().pendingUpdates()).isZero());
            if (unknown == 0) {
                assertThat(node.fetchLatest(topic).orElseThrow().value()).isEqualTo(Counter.of(1));
            }
            assertThat(node.send(topic, Counter.of(2)).value()).isEqualTo(Counter.of(2));
            eventually(() -> assertThat(handle.get()).isEqualTo(Counter.of(2)));
        }
    }
}
