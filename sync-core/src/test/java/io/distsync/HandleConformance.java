package io.distsync;

import static io.distsync.Nodes.awaitCurrent;
import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.ServiceFixture.Capability;
import io.distsync.backend.Subscription;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a live handle shows: its state, its version, and that the node reads its own writes. */
abstract class HandleConformance {

    private static final Duration LONG = Duration.ofSeconds(30);

    abstract Nodes nodes();

    @Test
    @DisplayName("API: a handle on an absent state holds the initial value, not present, version absent")
    void absentState() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            assertThat(handle.get()).isEqualTo(Counter.ZERO);
            assertThat(handle.versioned()).isEqualTo(new Versioned<>(Counter.ZERO, Version.ABSENT, false));
            assertThat(handle.topic().name()).isEqualTo(topic.name());
        }
    }

    @Test
    @DisplayName("API: without an initial value, a handle on an absent state holds null")
    void absentStateWithoutInitialValue() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().uninitialised();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            assertThat(handle.get()).isNull();
            assertThat(handle.versioned().present()).isFalse();
            Versioned<Counter> written = node.send(topic, Counter.of(1));
            assertThat(handle.versioned()).isEqualTo(written);
            node.delete(topic);
            assertThat(handle.get()).isNull();
        }
    }

    @Test
    @DisplayName("API: a handle follows the writes of other nodes")
    void followsOtherNodes() {
        SyncService writer = nodes().open();
        SyncService reader = nodes().open();
        Topic<Counter> topic = nodes().counters();
        writer.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = reader.sync(topic)) {
            eventually(() -> assertThat(handle.get()).isEqualTo(Counter.of(1)));
            awaitCurrent(handle);
            Versioned<Counter> second = writer.send(topic, Counter.of(2));
            eventually(() -> assertThat(handle.versioned()).isEqualTo(second));
            writer.delete(topic);
            Version deletion = nodes().head(topic);
            eventually(() -> assertThat(handle.versioned()).isEqualTo(new Versioned<>(Counter.ZERO, deletion, false)));
        }
    }

    @Test
    @DisplayName("API: a node reads its own writes from every handle as soon as the call returned")
    void readsItsOwnWrites() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> one = node.sync(topic);
                DistributedSync<Counter> two = node.sync(topic)) {
            for (int i = 0; i < 50; i++) {
                other.optimisticUpdate(topic, state -> state.plus(1));
                Versioned<Counter> updated = node.optimisticUpdate(topic, state -> state.plus(1));
                for (DistributedSync<Counter> handle : List.of(one, two)) {
                    assertThat(handle.versioned().version().compareTo(updated.version()))
                            .isNotNegative();
                    assertThat(handle.get().value())
                            .isGreaterThanOrEqualTo(updated.value().value());
                }
                Versioned<Counter> sent = node.send(topic, updated.value());
                assertThat(one.versioned()).isEqualTo(sent);
                CasResult<Counter> compared = node.compareAndSet(topic, sent.version(), updated.value());
                assertThat(two.versioned()).isEqualTo(compared.current());
            }
            node.delete(topic);
            assertThat(one.versioned().present()).isFalse();
            assertThat(two.get()).isEqualTo(Counter.ZERO);
        }
    }

    @Test
    @DisplayName("API: a handle opened after a write shows it at once")
    void handleOpenedAfterAWriteShowsIt() {
        SyncService node = nodes().open();
        for (int i = 0; i < 20; i++) {
            Topic<Counter> topic = nodes().counters();
            Versioned<Counter> written = node.optimisticUpdate(topic, state -> state.plus(1));
            try (DistributedSync<Counter> handle = node.sync(topic)) {
                assertThat(handle.versioned()).isEqualTo(written);
            }
            node.delete(topic);
            try (DistributedSync<Counter> handle = node.sync(topic)) {
                assertThat(handle.versioned().present()).isFalse();
            }
        }
    }

    @Test
    @DisplayName("API: a node reads its own writes even while the feed lags behind")
    void readsItsOwnWritesWhileTheFeedLags() {
        nodes().require(Capability.FEED_DELAY);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            eventually(() -> assertThat(listener.changes()).hasSize(1));
            nodes().holdFeeds(node);
            for (int i = 2; i <= 20; i++) {
                Versioned<Counter> updated = node.optimisticUpdate(topic, state -> state.plus(1));
                assertThat(handle.versioned()).isEqualTo(updated);
            }
            nodes().rival(topic, Counter.of(100));
            Versioned<Counter> afterRival = node.optimisticUpdate(topic, state -> state.plus(1));
            assertThat(afterRival.value()).isEqualTo(Counter.of(101));
            assertThat(handle.get()).isEqualTo(Counter.of(101));
            nodes().releaseFeeds(node);
            eventually(() -> assertThat(listener.changes()).last().isEqualTo(afterRival));
            assertThat(handle.versioned()).isEqualTo(afterRival);
            assertThat(listener.resets()).isEmpty();
            assertThat(listener.changes())
                    .as("every change, the rival's between them included")
                    .extracting(change -> change.version().revision())
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, 22).boxed().toList());
        }
    }

    @Test
    @DisplayName("API: threads that update see their own write in a shared handle, however many they are")
    void readYourWritesUnderContention() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            Together.run(4, thread -> {
                SyncService mine = thread == 3 ? other : node;
                for (int i = 0; i < 50; i++) {
                    Versioned<Counter> written = mine.optimisticUpdate(topic, state -> state.plus(1));
                    if (mine == node) {
                        assertThat(handle.versioned().version().compareTo(written.version()))
                                .isNotNegative();
                    }
                }
            });
            eventually(() -> assertThat(handle.get()).isEqualTo(Counter.of(200)));
        }
    }

    @Test
    @DisplayName("API: changed reports what is newer than it last reported, once")
    void changedReportsOnce() throws InterruptedException {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = join(node.syncAsync(topic))) {
            assertThat(handle.changed(Duration.ZERO)).isFalse();
            assertThat(handle.changed(Duration.ofMillis(1))).isFalse();
            node.send(topic, Counter.of(2));
            node.send(topic, Counter.of(3));
            assertThat(handle.changed(LONG)).isTrue();
            assertThat(handle.get()).isEqualTo(Counter.of(3));
            assertThat(handle.changed(Duration.ZERO)).isFalse();
            node.delete(topic);
            assertThat(handle.changed(LONG)).as("a delete is a change").isTrue();
            assertThat(handle.changed(Duration.ZERO)).isFalse();
        }
    }

    @Test
    @DisplayName("API: changed counts for each handle on its own, from the state it was opened with")
    void changedCountsPerHandle() throws InterruptedException {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> early = join(node.syncAsync(topic))) {
            node.send(topic, Counter.of(1));
            try (DistributedSync<Counter> late = node.sync(topic)) {
                assertThat(late.changed(Duration.ZERO)).isFalse();
                assertThat(early.changed(Duration.ZERO)).isTrue();
                node.send(topic, Counter.of(2));
                assertThat(late.changed(Duration.ZERO)).isTrue();
                assertThat(early.changed(Duration.ZERO)).isTrue();
            }
        }
    }

    @Test
    @DisplayName("API: changed waits until another node writes")
    void changedWaits() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = join(node.syncAsync(topic))) {
            Together.Running<Boolean> waiting = Together.start("waiting", () -> handle.changed(LONG));
            eventually(() -> assertThat(waiting.thread().getState()).isEqualTo(Thread.State.TIMED_WAITING));
            other.send(topic, Counter.of(1));
            assertThat(waiting.result()).isTrue();
            assertThat(handle.get()).isEqualTo(Counter.of(1));
        }
    }

    @Test
    @DisplayName("API: changed returns false when the handle or the service is closed")
    void changedEndsWithTheHandle() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        DistributedSync<Counter> closedHandle = node.sync(topic);
        DistributedSync<Counter> closedByService = node.sync(topic);
        Together.Running<Boolean> one = Together.start("waiting-1", () -> closedHandle.changed(LONG));
        Together.Running<Boolean> two = Together.start("waiting-2", () -> closedByService.changed(LONG));
        eventually(() -> assertThat(one.thread().getState()).isEqualTo(Thread.State.TIMED_WAITING));
        eventually(() -> assertThat(two.thread().getState()).isEqualTo(Thread.State.TIMED_WAITING));
        closedHandle.close();
        assertThat(one.result()).isFalse();
        node.close();
        assertThat(two.result()).isFalse();
    }

    @Test
    @DisplayName("S19: changed answers an interrupt with InterruptedException")
    void changedIsInterruptible() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            Together.Running<Boolean> waiting = Together.start("waiting", () -> handle.changed(LONG));
            eventually(() -> assertThat(waiting.thread().getState()).isEqualTo(Thread.State.TIMED_WAITING));
            waiting.interrupt();
            assertThat(waiting.failure()).isInstanceOf(InterruptedException.class);
        }
    }

    @Test
    @DisplayName("API: syncAsync completes with a current handle")
    void syncAsync() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Version written = nodes().rival(topic, Counter.of(7));
        try (DistributedSync<Counter> handle = join(node.syncAsync(topic))) {
            assertThat(handle.status().isCurrent()).isTrue();
            assertThat(handle.versioned()).isEqualTo(new Versioned<>(Counter.of(7), written, true));
        }
    }

    @Test
    @DisplayName("API: cancelling syncAsync closes the handle")
    void syncAsyncCancelled() {
        nodes().require(Capability.CONNECTION);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        nodes().cut(node);
        CompletableFuture<DistributedSync<Counter>> opening = node.syncAsync(topic);
        assertThat(node.status().followedTopics()).isEqualTo(1);
        assertThat(opening).isNotDone();
        assertThat(opening.cancel(false)).isTrue();
        eventually(() -> assertThat(node.status().followedTopics()).isZero());
    }

    @Test
    @DisplayName("API: handles of a topic share one view, which goes with the last of them")
    void handlesShareAView() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        assertThat(node.status().followedTopics()).isZero();
        DistributedSync<Counter> one = node.sync(topic);
        DistributedSync<Counter> two = node.sync(topic);
        awaitCurrent(one);
        assertThat(node.status().followedTopics()).isEqualTo(1);
        one.close();
        one.close();
        assertThat(node.status().followedTopics()).isEqualTo(1);
        Version second = nodes().rival(topic, Counter.of(2));
        eventually(() -> assertThat(two.versioned().version()).isEqualTo(second));
        two.close();
        eventually(() -> assertThat(node.status().followedTopics()).isZero());
    }

    @Test
    @DisplayName("API: a closed handle keeps the last state it knew and says that it is not current")
    void closedHandleKeepsItsState() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> known = node.send(topic, Counter.of(1));
        DistributedSync<Counter> closed = node.sync(topic);
        awaitCurrent(closed);
        closed.close();
        nodes().rival(topic, Counter.of(2));
        assertThat(closed.versioned()).isEqualTo(known);
        assertThat(closed.get()).isEqualTo(known.value());
        assertThat(closed.status()).isInstanceOf(FeedStatus.Stale.class);
        assertThat(closed.status().isCurrent()).isFalse();
    }

    @Test
    @DisplayName("API: a view that was closed and opened again starts from the present state")
    void viewOpenedAgain() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        node.sync(topic).close();
        Version second = nodes().rival(topic, Counter.of(2));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            eventually(() -> assertThat(handle.versioned().version()).isEqualTo(second));
            Recorder<Counter> listener = new Recorder<>();
            Subscription subscription = handle.onChange(Delivery.EVERY, listener);
            eventually(() -> assertThat(listener.values()).contains(Counter.of(2)));
            subscription.close();
        }
    }

    @Test
    @DisplayName("API: status tells topics, versions, values, feeds and listeners")
    void statusTellsWhatGoesOn() {
        SyncService node = nodes().open();
        Topic<Counter> followed = nodes().counters();
        Topic<Counter> used = nodes().counters();
        node.send(used, Counter.of(1));
        Versioned<Counter> state = node.send(followed, Counter.of(2));
        try (DistributedSync<Counter> handle = node.sync(followed)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.LATEST, listener);
            eventually(() -> assertThat(listener.calls()).isEqualTo(1));
            List<SyncStatus.TopicStatus> topics = new ArrayList<>(node.status().topics());
            assertThat(topics)
                    .extracting(SyncStatus.TopicStatus::name)
                    .containsExactlyInAnyOrder(followed.name(), used.name())
                    .isSorted();
            SyncStatus.TopicStatus status = topics.stream()
                    .filter(topic -> topic.name().equals(followed.name()))
                    .findFirst()
                    .orElseThrow();
            assertThat(status.isFollowed()).isTrue();
            assertThat(status.version()).isEqualTo(state.version());
            assertThat(status.value()).isEqualTo(state.value());
            assertThat(status.type()).contains("Counter");
            assertThat(status.feed()).isInstanceOf(FeedStatus.Current.class);
            assertThat(status.pendingUpdates()).isZero();
            assertThat(status.listeners()).singleElement().satisfies(one -> {
                assertThat(one.delivery()).isEqualTo(Delivery.LATEST);
                assertThat(one.lag()).isZero();
                assertThat(one.failed()).isZero();
                assertThat(one.resets()).isZero();
            });
            eventually(() -> assertThat(node.status().topics().stream()
                            .flatMap(topic -> topic.listeners().stream())
                            .mapToLong(SyncStatus.ListenerStatus::delivered)
                            .sum())
                    .isEqualTo(1));
            assertThat(node.status().notCurrent()).isEmpty();
        }
    }
}
