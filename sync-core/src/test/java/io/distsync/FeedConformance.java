package io.distsync;

import static io.distsync.Nodes.awaitCurrent;
import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.ServiceFixture.Capability;
import io.distsync.backend.FeedState;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.backend.TopicOptions;
import io.distsync.error.SkippedChangesException;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Cases of <i>Change feed</i> that a holder of a handle can see: listeners, deliveries, resets, status, publishers. */
abstract class FeedConformance {

    private static final int SMALL_BUFFER = 256;
    private static final byte[] GARBAGE = "{\"value\": not JSON".getBytes(StandardCharsets.UTF_8);

    abstract Nodes nodes();

    @Test
    @DisplayName("F1: listeners that begin during full-speed writes see every change after their first")
    void noHoleAtTheSeam() {
        SyncService writer = nodes().open();
        SyncService reader = nodes().open();
        Topic<Counter> topic = nodes().counters();
        List<Recorder<Counter>> listeners = new CopyOnWriteArrayList<>();
        List<DistributedSync<Counter>> handles = new CopyOnWriteArrayList<>();
        Together.run(3, thread -> {
            if (thread < 2) {
                for (int i = 0; i < 300; i++) {
                    writer.optimisticUpdate(topic, state -> state.plus(1));
                }
            } else {
                for (int i = 0; i < 20; i++) {
                    DistributedSync<Counter> handle = (i % 2 == 0 ? reader : writer).sync(topic);
                    Recorder<Counter> listener = new Recorder<>();
                    handle.onChange(Delivery.EVERY, listener);
                    handles.add(handle);
                    listeners.add(listener);
                    if (i % 3 == 0) {
                        handles.remove(0).close(); // opens and ends views in between
                        listeners.remove(0);
                    }
                }
            }
        });
        assertThat(listeners).isNotEmpty().allSatisfy(listener -> {
            eventually(() -> assertThat(listener.changes())
                    .last()
                    .satisfies(last -> assertThat(last.value()).isEqualTo(Counter.of(600))));
            assertThat(listener.resets()).isEmpty();
            assertDense(listener.changes());
        });
        handles.forEach(DistributedSync::close);
    }

    @Test
    @DisplayName("F2: disconnect, many commits, reconnect: the missed changes arrive in order")
    void missedChangesArriveAfterReconnect() {
        nodes().require(Capability.CONNECTION);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        nodes().rival(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            eventually(() -> assertThat(listener.changes()).hasSize(1));
            nodes().cut(node);
            nodes().rivalBurst(topic, 200, 201);
            assertThat(handle.get()).as("last known value").isEqualTo(Counter.of(1));
            nodes().heal(node);
            eventually(() -> assertThat(listener.changes()).hasSize(201));
            assertThat(listener.values())
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, 201).mapToObj(Counter::of).toList());
            assertThat(listener.resets()).isEmpty();
        }
    }

    @Test
    @DisplayName("F3: disconnect past the trim: every listener gets exactly one reset, and then goes on")
    void disconnectPastTheTrim() {
        nodes().require(Capability.CONNECTION);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters().withRetention(TopicOptions.Retention.changes(256));
        Version first = nodes().rival(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> every = new Recorder<>();
            Recorder<Counter> latest = new Recorder<>();
            Collector<Counter> subscriber = new Collector<>(Long.MAX_VALUE);
            handle.onChange(Delivery.EVERY, every);
            handle.onChange(Delivery.LATEST, latest);
            handle.publisher().subscribe(subscriber);
            eventually(() -> assertThat(every.changes()).hasSize(1));
            eventually(() -> assertThat(latest.changes()).hasSize(1));
            eventually(() -> assertThat(subscriber.items).hasSize(1));
            nodes().cut(node);
            nodes().rivalBurst(topic, 700, 701);
            Version last = nodes().head(topic);
            nodes().heal(node);
            eventually(() -> assertThat(handle.get()).isEqualTo(Counter.of(701)));
            eventually(() -> assertThat(every.resets()).hasSize(1));
            Recorder.Reset<Counter> reset = every.resets().get(0);
            assertThat(reset.from()).isEqualTo(first);
            assertThat(reset.to().isNewerThan(first)).isTrue();
            assertThat(reset.current().value()).isEqualTo(Counter.of(701));
            assertThat(reset.current().version()).isEqualTo(last);
            eventually(() -> assertThat(latest.values()).endsWith(Counter.of(701)));
            assertThat(latest.resets()).isEmpty();
            eventually(() -> assertThat(subscriber.failure.get()).isInstanceOf(SkippedChangesException.class));

            Version next = nodes().rival(topic, Counter.of(702));
            eventually(
                    () -> assertThat(every.changes()).last().isEqualTo(new Versioned<>(Counter.of(702), next, true)));
            eventually(() -> assertThat(latest.values()).endsWith(Counter.of(702)));
            assertThat(every.resets()).hasSize(1);
            assertThat(subscriber.items).hasSize(1);
        }
    }

    @Test
    @DisplayName("F7: a listener that throws, once, always, or an Error, is told of every later change")
    void throwingListener() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            AtomicBoolean first = new AtomicBoolean(true);
            RuntimeException problem = new IllegalStateException("listener");
            AssertionError error = new AssertionError("listener");
            Recorder<Counter> once = new Recorder<>(change -> {
                if (first.getAndSet(false)) {
                    throw problem;
                }
            });
            Recorder<Counter> always = new Recorder<>(change -> {
                throw problem;
            });
            Recorder<Counter> withError = new Recorder<>(change -> {
                throw error;
            });
            Recorder<Counter> healthy = new Recorder<>();
            List<Recorder<Counter>> all = List.of(once, always, withError, healthy);
            all.forEach(listener -> handle.onChange(Delivery.EVERY, listener));
            handle.onChange(Delivery.EVERY, new ThrowingEverywhere());
            for (int i = 1; i <= 10; i++) {
                node.send(topic, Counter.of(i));
            }
            for (Recorder<Counter> listener : all) {
                eventually(() -> assertThat(listener.changes()).hasSize(10));
            }
            eventually(() -> assertThat(always.errors()).hasSize(10).allMatch(e -> e == problem));
            eventually(() -> assertThat(withError.errors()).hasSize(10).allMatch(e -> e == error));
            assertThat(once.errors()).containsExactly(problem);
            assertThat(healthy.errors()).isEmpty();
            eventually(() -> assertThat(listeners(node))
                    .extracting(SyncStatus.ListenerStatus::failed)
                    .containsExactlyInAnyOrder(1L, 10L, 10L, 0L, 10L));
        }
    }

    @Test
    @DisplayName("F8: blocked listeners delay no other listener, no other topic and no update")
    void blockedListenersDelayNobody() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Topic<Counter> other = nodes().counters();
        Gate gate = nodes().gate();
        try (DistributedSync<Counter> handle = node.sync(topic);
                DistributedSync<Counter> otherHandle = node.sync(other)) {
            awaitCurrent(handle);
            awaitCurrent(otherHandle);
            List<Recorder<Counter>> blocked = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Recorder<Counter> listener = new Recorder<>(change -> gate.pass());
                blocked.add(listener);
                handle.onChange(i % 2 == 0 ? Delivery.EVERY : Delivery.LATEST, listener);
            }
            node.send(topic, Counter.of(1));
            eventually(() -> assertThat(blocked)
                    .allSatisfy(listener -> assertThat(listener.calls()).isEqualTo(1)));

            Recorder<Counter> sibling = new Recorder<>();
            Recorder<Counter> stranger = new Recorder<>();
            handle.onChange(Delivery.EVERY, sibling);
            otherHandle.onChange(Delivery.EVERY, stranger);
            for (int i = 2; i <= 20; i++) {
                node.send(topic, Counter.of(i));
                node.send(other, Counter.of(i));
            }
            eventually(() -> assertThat(sibling.values()).hasSize(20));
            eventually(() -> assertThat(stranger.values()).hasSize(19));
            assertThat(handle.get()).isEqualTo(Counter.of(20));

            gate.open();
            for (int i = 0; i < blocked.size(); i++) {
                Recorder<Counter> listener = blocked.get(i);
                int index = i;
                eventually(() -> assertThat(listener.values()).endsWith(Counter.of(20)));
                assertThat(listener.changes()).hasSize(index % 2 == 0 ? 20 : 2);
            }
        }
    }

    @Test
    @DisplayName("F9: a slow listener overflows its buffer: one reset that says what was skipped, then it goes on")
    void slowListenerOverflows() {
        SyncService node = nodes().open(builder -> builder.listenerBuffer(SMALL_BUFFER));
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> slow = new Recorder<>(change -> gate.pass());
            Recorder<Counter> latest = new Recorder<>(change -> gate.pass());
            handle.onChange(Delivery.EVERY, slow);
            handle.onChange(Delivery.LATEST, latest);
            Versioned<Counter> first = node.send(topic, Counter.of(1));
            eventually(() -> assertThat(slow.calls() + latest.calls()).isEqualTo(2));
            for (int i = 2; i <= 3 * SMALL_BUFFER; i++) {
                node.send(topic, Counter.of(i));
            }
            gate.open();
            Versioned<Counter> last = node.send(topic, Counter.of(1_000));
            eventually(() -> assertThat(slow.resets()).hasSize(1));
            Recorder.Reset<Counter> reset = slow.resets().get(0);
            Version toldLast = slow.changes().stream()
                    .map(Versioned::version)
                    .filter(version -> !version.isNewerThan(reset.from()))
                    .reduce(first.version(), (a, b) -> b);
            assertThat(reset.from()).as("the last version it was told").isEqualTo(toldLast);
            assertThat(reset.to().isNewerThan(reset.from())).isTrue();
            assertThat(reset.current().version()).isEqualTo(reset.to());
            eventually(() -> assertThat(lastTold(slow)).isEqualTo(last.version()));
            List<Versioned<Counter>> afterwards = slow.changes().stream()
                    .filter(change -> change.version().isNewerThan(reset.to()))
                    .toList();
            assertDense(afterwards);
            assertThat(slow.resets()).hasSize(1);
            eventually(() -> assertThat(latest.values()).endsWith(Counter.of(1_000)));
            assertThat(latest.resets()).isEmpty();
        }
    }

    @Test
    @DisplayName("F9: a listener without onReset is simply told the present state after an overflow")
    void overflowWithoutResetMethod() {
        SyncService node = nodes().open(builder -> builder.listenerBuffer(SMALL_BUFFER));
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            List<Long> seen = new CopyOnWriteArrayList<>();
            handle.onChange(change -> {
                seen.add(change.value().value());
                gate.pass();
            });
            for (int i = 1; i <= 3 * SMALL_BUFFER; i++) {
                node.send(topic, Counter.of(i));
            }
            gate.open();
            eventually(() -> assertThat(seen).last().isEqualTo(3L * SMALL_BUFFER));
            assertThat(seen).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    @DisplayName("F10: a listener may remove itself, and any other, inside its own callback")
    void listenerRemovesItself() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            for (Delivery delivery : Delivery.values()) {
                List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
                Gate subscribed = nodes().gate();
                Recorder<Counter> victim = new Recorder<>();
                Recorder<Counter> leaver = new Recorder<>(change -> {
                    subscribed.pass();
                    subscriptions.forEach(Subscription::close);
                });
                Recorder<Counter> witness = new Recorder<>();
                subscriptions.add(handle.onChange(delivery, victim));
                subscriptions.add(handle.onChange(delivery, leaver));
                Subscription watching = handle.onChange(Delivery.EVERY, witness);
                subscribed.open();
                for (int i = 0; i < 10; i++) {
                    node.optimisticUpdate(topic, state -> state.plus(1));
                }
                Counter now = handle.get();
                eventually(() -> assertThat(witness.values()).endsWith(now));
                eventually(() -> assertThat(listeners(node)).hasSize(1));
                assertThat(leaver.calls()).isEqualTo(1);
                watching.close();
            }
        }
    }

    @Test
    @DisplayName("F10: a listener may close its handle inside its own callback")
    void listenerClosesItsHandle() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        DistributedSync<Counter> handle = node.sync(topic);
        Recorder<Counter> listener = new Recorder<>(change -> handle.close());
        handle.onChange(Delivery.EVERY, listener);
        for (int i = 1; i <= 10; i++) {
            node.send(topic, Counter.of(i));
        }
        eventually(() -> assertThat(node.status().followedTopics()).isZero());
        assertThat(listener.calls()).isEqualTo(1);
    }

    @Test
    @DisplayName("F11: close waits for a running callback, and none begins after it returned")
    void noCallbackAfterClose() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        for (Ending ending : Ending.values()) {
            for (Delivery delivery : Delivery.values()) {
                DistributedSync<Counter> handle = node.sync(topic);
                Gate inside = nodes().gate();
                AtomicBoolean finished = new AtomicBoolean();
                Recorder<Counter> listener = new Recorder<>(change -> {
                    inside.pass();
                    finished.set(true);
                });
                Subscription subscription = handle.onChange(delivery, listener);
                node.optimisticUpdate(topic, state -> state.plus(1));
                inside.awaitArrival();
                Together.Running<Boolean> closing = Together.start("closing", () -> {
                    ending.end(handle, subscription);
                    return finished.get();
                });
                eventually(() -> assertThat(closing.thread().getState())
                        .isIn(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.BLOCKED));
                inside.open();
                assertThat(closing.result())
                        .as("the callback had ended when close returned")
                        .isTrue();
                int calls = listener.calls();
                for (int i = 0; i < 5; i++) {
                    node.optimisticUpdate(topic, state -> state.plus(1));
                }
                handle.close();
                assertThat(listener.calls()).isEqualTo(calls);
            }
        }
    }

    @Test
    @DisplayName("F11: no callback after close returned, at full speed")
    void noCallbackAfterCloseAtFullSpeed() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        AtomicBoolean stop = new AtomicBoolean();
        Together.Running<?> writer = Together.start("writer", () -> {
            while (!stop.get()) {
                node.optimisticUpdate(topic, state -> state.plus(1));
            }
            return null;
        });
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            for (int i = 0; i < 200; i++) {
                AtomicBoolean closed = new AtomicBoolean();
                AtomicBoolean late = new AtomicBoolean();
                Subscription subscription = handle.onChange(change -> {
                    if (closed.get()) {
                        late.set(true);
                    }
                });
                Thread.onSpinWait();
                subscription.close();
                closed.set(true);
                assertThat(late).isFalse();
            }
        } finally {
            stop.set(true);
            writer.result();
        }
    }

    @Test
    @DisplayName("F12: an undecodable change is reported, the view keeps the last good value, the feed is alive")
    void undecodableChange() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Version first = nodes().rival(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> every = new Recorder<>();
            Recorder<Counter> latest = new Recorder<>();
            Collector<Counter> subscriber = new Collector<>(Long.MAX_VALUE);
            handle.onChange(Delivery.EVERY, every);
            handle.onChange(Delivery.LATEST, latest);
            handle.publisher().subscribe(subscriber);
            eventually(() -> assertThat(every.changes()).hasSize(1));
            eventually(() -> assertThat(latest.changes()).hasSize(1));
            nodes().storeBytes(topic, "", GARBAGE);
            eventually(() -> assertThat(every.errors())
                    .singleElement()
                    .satisfies(error -> assertThat(error)
                            .isInstanceOf(UndecodableStateException.class)
                            .hasMessageContaining(topic.name())
                            .hasMessageContaining("2")
                            .hasMessageNotContaining("not JSON")));
            assertThat(handle.versioned()).isEqualTo(new Versioned<>(Counter.of(1), first, true));
            Version third = nodes().rival(topic, Counter.of(3));
            eventually(() -> assertThat(every.changes()).last().isEqualTo(new Versioned<>(Counter.of(3), third, true)));
            eventually(() -> assertThat(latest.values()).endsWith(Counter.of(3)));
            eventually(() -> assertThat(subscriber.failure.get()).isInstanceOf(UndecodableStateException.class));
            eventually(() -> assertThat(handle.get()).isEqualTo(Counter.of(3)));
            assertThat(every.changes()).hasSize(2);
            assertThat(every.resets()).isEmpty();
            assertThat(subscriber.items).as("no gap without a word").hasSize(1);
        }
    }

    @Test
    @DisplayName("F12: a state that is undecodable when the handle is opened is reported, and a later one arrives")
    void undecodableSnapshot() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        nodes().storeBytes(topic, "", GARBAGE);
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            awaitCurrent(handle);
            assertThat(handle.get()).isEqualTo(Counter.ZERO);
            Version next = nodes().rival(topic, Counter.of(2));
            eventually(() -> assertThat(handle.versioned()).isEqualTo(new Versioned<>(Counter.of(2), next, true)));
            eventually(() -> assertThat(listener.values()).endsWith(Counter.of(2)));
        }
    }

    @Test
    @DisplayName("F14: idle for long, then one commit arrives")
    void commitAfterALongSilence() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        node.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            eventually(() -> assertThat(listener.changes()).hasSize(1));
            nodes().advance(Duration.ofDays(3));
            nodes().rival(topic, Counter.of(2));
            eventually(() -> assertThat(listener.values()).containsExactly(Counter.of(1), Counter.of(2)));
            assertThat(listener.resets()).isEmpty();
        }
    }

    @Test
    @DisplayName("F16: two services of one name in one process do not disturb each other")
    void twoServicesOfOneName() {
        SyncService one = nodes().open(builder -> builder.name("same"));
        SyncService two = nodes().open(builder -> builder.name("same"));
        Topic<Counter> topic = nodes().counters();
        DistributedSync<Counter> handleOne = one.sync(topic);
        try (DistributedSync<Counter> handleTwo = two.sync(topic)) {
            Recorder<Counter> listener = new Recorder<>();
            handleTwo.onChange(Delivery.EVERY, listener);
            Versioned<Counter> first = one.send(topic, Counter.of(1));
            eventually(() -> assertThat(handleTwo.versioned()).isEqualTo(first));
            one.close();
            Versioned<Counter> second = two.optimisticUpdate(topic, state -> state.plus(1));
            eventually(() -> assertThat(listener.changes()).containsExactly(first, second));
            assertThat(handleOne.get()).isEqualTo(Counter.of(1));
        }
    }

    @Test
    @DisplayName("F17: the status goes from current to stale, resyncing and current, and says since when")
    void statusFollowsTheConnection() {
        nodes().require(Capability.CONNECTION);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        nodes().rival(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            assertThat(node.status().notCurrent()).isEmpty();
            nodes().cut(node);
            eventually(() -> assertThat(handle.status()).isInstanceOf(FeedStatus.Stale.class));
            FeedStatus stale = handle.status();
            assertThat(((FeedStatus.Stale) stale).since()).isNotNull();
            assertThat(stale.isCurrent()).isFalse();
            assertThat(node.status().notCurrent())
                    .extracting(SyncStatus.TopicStatus::name)
                    .containsExactly(topic.name());
            assertThat(node.status().topics().get(0).currentAsOf()).isNotNull();
            assertThat(handle.status()).as("since does not move").isEqualTo(stale);
            assertThat(handle.get()).isEqualTo(Counter.of(1));
            nodes().rival(topic, Counter.of(2));
            nodes().heal(node);
            awaitCurrent(handle);
            assertThat(handle.get()).as("a current view has what was missed").isEqualTo(Counter.of(2));
            assertThat(node.status().notCurrent()).isEmpty();
        }
    }

    @Test
    @DisplayName("F17: a handle opened while the store is away is resyncing or stale and holds the initial value")
    void openedWhileTheStoreIsAway() {
        nodes().require(Capability.CONNECTION);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        nodes().rival(topic, Counter.of(5));
        nodes().cut(node);
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            assertThat(handle.status().isCurrent()).isFalse();
            assertThat(handle.get()).isEqualTo(Counter.ZERO);
            nodes().heal(node);
            awaitCurrent(handle);
            assertThat(handle.get()).isEqualTo(Counter.of(5));
            eventually(() -> assertThat(listener.values()).containsExactly(Counter.of(5)));
            assertThat(listener.resets()).isEmpty();
        }
    }

    @Test
    @DisplayName("F19: writers faster than the reader: what is kept for it stays bounded")
    void boundedMemory() {
        SyncService node = nodes().open(builder -> builder.listenerBuffer(SMALL_BUFFER));
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> stuck = new Recorder<>(change -> gate.pass());
            Collector<Counter> unasked = new Collector<>(1);
            Recorder<Counter> quick = new Recorder<>();
            handle.onChange(Delivery.EVERY, stuck);
            handle.onChange(Delivery.EVERY, quick);
            handle.publisher().subscribe(unasked);
            node.send(topic, Counter.ZERO);
            eventually(() -> assertThat(unasked.items).hasSize(1)); // before it is overrun
            List<CompletableFuture<?>> sent = new ArrayList<>();
            for (int i = 1; i <= 5_000; i++) {
                sent.add(node.sendAsync(topic, Counter.of(i)));
                if (i % 500 == 0) {
                    node.send(topic, Counter.of(i));
                }
            }
            sent.forEach(Nodes::join);
            eventually(() -> assertThat(lastTold(quick)).isEqualTo(nodes().head(topic))); // a feed may lag behind
            gate.open();
            eventually(() -> assertThat(lastTold(stuck)).isEqualTo(nodes().head(topic)));
            assertThat(stuck.changes()).hasSizeLessThan(1_000);
            assertThat(unasked.items).hasSize(1);
            unasked.request(10_000);
            eventually(() -> assertThat(unasked.failure.get()).isInstanceOf(SkippedChangesException.class));
            assertThat(unasked.items).hasSizeLessThanOrEqualTo(SMALL_BUFFER + 2);
            assertDense(unasked.items);
        }
    }

    @Test
    @DisplayName("F21: the changes of one commit are published together")
    void commitIsPublishedTogether() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> writer = other.map(topic);
        ConcurrentLinkedQueue<List<MapChange<Counter>>> batches = new ConcurrentLinkedQueue<>();
        AtomicBoolean stop = new AtomicBoolean();
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            eventually(() -> assertThat(replica.status().isCurrent()).isTrue());
            replica.onChange(new MapListener<>() {
                @Override
                public void onChanges(List<MapChange<Counter>> changes) {
                    batches.add(changes);
                }
            });
            Together.Running<Integer> looking = Together.start("looking", () -> {
                int looks = 0;
                while (!stop.get()) {
                    var entries = replica.entries();
                    assertThat(entries.size()).isIn(0, 2);
                    assertThat(entries.values().stream().map(Versioned::value).distinct())
                            .hasSizeLessThanOrEqualTo(1);
                    looks++;
                }
                return looks;
            });
            for (int i = 1; i <= 200; i++) {
                Counter value = Counter.of(i);
                writer.commit(commit -> commit.put("a", value).put("b", value));
            }
            eventually(() -> assertThat(replica.version()).isEqualTo(nodes().head(topic)));
            stop.set(true);
            assertThat(looking.result()).isPositive();
            eventually(() -> assertThat(batches).hasSize(200));
            assertThat(batches).allSatisfy(batch -> {
                assertThat(batch).extracting(MapChange::key).containsExactly("a", "b");
                assertThat(batch.get(0).versioned().value())
                        .isEqualTo(batch.get(1).versioned().value());
            });
        }
    }

    @Test
    @DisplayName("F24: a follower of keys is told of its keys only, with the version each had before")
    void followerOfKeys() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        ConcurrentLinkedQueue<MapChange<Counter>> seen = new ConcurrentLinkedQueue<>();
        AtomicReference<FeedState> feed = new AtomicReference<>(FeedState.RESYNCING);
        try (SyncMap<Counter> map = node.map(topic)) {
            Subscription following = map.follow(Scope.keys(Set.of("mine")), Version.ABSENT, new MapListener<>() {
                @Override
                public void onChanges(List<MapChange<Counter>> changes) {
                    seen.addAll(changes);
                }

                @Override
                public void onState(FeedState state) {
                    feed.set(state);
                }
            });
            eventually(() -> assertThat(feed).hasValue(FeedState.CURRENT)); // else the first is in the snapshot
            Versioned<Counter> one = map.put("mine", Counter.of(1));
            map.put("other", Counter.of(2));
            Versioned<Counter> two = map.put("mine", Counter.of(3));
            eventually(() -> assertThat(seen).hasSize(2));
            assertThat(seen).extracting(MapChange::key).containsOnly("mine");
            assertThat(seen).extracting(MapChange::versioned).containsExactly(one, two);
            assertThat(seen).extracting(MapChange::previous).containsExactly(Version.ABSENT, one.version());
            following.close();
        }
    }

    @Test
    @DisplayName("API: a listener is first told the present state, and nothing while there is none")
    void firstIsThePresentState() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> onAbsent = new Recorder<>();
            handle.onChange(Delivery.EVERY, onAbsent);
            Versioned<Counter> first = node.send(topic, Counter.of(1));
            Versioned<Counter> second = node.send(topic, Counter.of(2));
            eventually(() -> assertThat(onAbsent.changes()).containsExactly(first, second));
            for (Delivery delivery : Delivery.values()) {
                Recorder<Counter> onPresent = new Recorder<>();
                handle.onChange(delivery, onPresent);
                eventually(() -> assertThat(onPresent.changes()).containsExactly(second));
            }
        }
    }

    @Test
    @DisplayName("API: a listener that begins on a deleted state is told nothing of it")
    void nothingIsToldOfADeletedState() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> told = new Recorder<>();
            handle.onChange(Delivery.EVERY, told);
            node.send(topic, Counter.of(1));
            node.delete(topic);
            for (Delivery delivery : Delivery.values()) {
                eventually(() -> assertThat(told.changes()).last().matches(state -> !state.present()));
                Recorder<Counter> listener = new Recorder<>();
                Subscription subscription = handle.onChange(delivery, listener);
                Versioned<Counter> written = node.send(topic, Counter.of(2));
                eventually(() -> assertThat(listener.changes()).last().isEqualTo(written));
                assertThat(listener.changes()).containsExactly(written);
                subscription.close();
                node.delete(topic);
            }
        }
    }

    @Test
    @DisplayName("API: a delete is told as the initial value, not present, with the version of the deletion")
    void deleteIsTold() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            Versioned<Counter> first = node.send(topic, Counter.of(1));
            node.delete(topic);
            Version deletion = nodes().head(topic);
            Versioned<Counter> third = node.optimisticUpdate(topic, state -> state.plus(1));
            eventually(() -> assertThat(listener.changes())
                    .containsExactly(first, new Versioned<>(Counter.ZERO, deletion, false), third));
            assertThat(deletion.revision()).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("API: EVERY tells every change, LATEST leaves out what was overtaken")
    void everyAndLatest() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> every = new Recorder<>(change -> gate.pass());
            Recorder<Counter> latest = new Recorder<>(change -> gate.pass());
            Recorder<Counter> free = new Recorder<>();
            handle.onChange(Delivery.EVERY, every);
            handle.onChange(Delivery.LATEST, latest);
            handle.onChange(Delivery.EVERY, free);
            node.send(topic, Counter.of(1));
            eventually(() -> assertThat(every.calls() + latest.calls()).isEqualTo(2));
            for (int i = 2; i <= 100; i++) {
                node.send(topic, Counter.of(i));
            }
            eventually(() -> assertThat(free.values()).hasSize(100));
            gate.open();
            eventually(() -> assertThat(every.values())
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, 100).mapToObj(Counter::of).toList()));
            eventually(() -> assertThat(latest.values()).containsExactly(Counter.of(1), Counter.of(100)));
        }
    }

    @Test
    @DisplayName("API: a listener may update its own topic")
    void listenerUpdatesItsOwnTopic() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Topic<Counter> other = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>(change -> {
                if (change.value().value() < 50) {
                    node.optimisticUpdate(topic, state -> state.plus(1));
                    node.optimisticUpdate(other, state -> state.plus(1));
                }
            });
            handle.onChange(Delivery.EVERY, listener);
            node.send(topic, Counter.of(1));
            eventually(() -> assertThat(listener.values()).endsWith(Counter.of(50)));
            assertDense(listener.changes());
            assertThat(node.fetchLatest(other).orElseThrow().value()).isEqualTo(Counter.of(49));
        }
    }

    @Test
    @DisplayName("API: many listeners on one topic all see the same changes")
    void manyListeners() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            List<Recorder<Counter>> listeners = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Recorder<Counter> listener = new Recorder<>();
                listeners.add(listener);
                handle.onChange(Delivery.EVERY, listener);
            }
            List<Versioned<Counter>> written = new ArrayList<>();
            for (int i = 1; i <= 50; i++) {
                written.add(node.send(topic, Counter.of(i)));
            }
            for (Recorder<Counter> listener : listeners) {
                eventually(() -> assertThat(listener.changes()).isEqualTo(written));
            }
        }
    }

    @Test
    @DisplayName("API: a node's listeners are told of its own writes, with what was written")
    void ownWritesAreTold() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        ConcurrentHashMap<Version, Versioned<Counter>> told = new ConcurrentHashMap<>();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            handle.onChange(change -> told.put(change.version(), change));
            awaitCurrent(handle);
            List<Versioned<Counter>> results = new CopyOnWriteArrayList<>();
            Together.run(4, thread -> {
                for (int i = 0; i < 50; i++) {
                    results.add(node.optimisticUpdate(topic, state -> state.plus(1)));
                }
            });
            eventually(() -> assertThat(told).hasSize(200));
            assertThat(results)
                    .allSatisfy(result -> assertThat(told.get(result.version())).isEqualTo(result));
        }
    }

    @Test
    @DisplayName("API: when a listener is told of a change, the handle is at least that new")
    void handleIsAsNewAsItsListeners() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        AtomicInteger behind = new AtomicInteger();
        AtomicInteger told = new AtomicInteger();
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            handle.onChange(change -> {
                if (change.version().isNewerThan(handle.versioned().version())) {
                    behind.incrementAndGet();
                }
                told.incrementAndGet();
            });
            Together.run(2, thread -> {
                for (int i = 0; i < 100; i++) {
                    (thread == 0 ? node : other).optimisticUpdate(topic, state -> state.plus(1));
                }
            });
            eventually(() -> assertThat(told).hasValue(200));
            assertThat(behind).hasValue(0);
        }
    }

    @Test
    @DisplayName("API: a publisher gives the present state and then every change, as fast as asked")
    void publisherFollowsDemand() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Versioned<Counter> first = node.send(topic, Counter.of(1));
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Collector<Counter> subscriber = new Collector<>(2);
            handle.publisher().subscribe(subscriber);
            Versioned<Counter> second = node.send(topic, Counter.of(2));
            Versioned<Counter> third = node.send(topic, Counter.of(3));
            eventually(() -> assertThat(subscriber.items).containsExactly(first, second));
            subscriber.request(1);
            eventually(() -> assertThat(subscriber.items).containsExactly(first, second, third));
            assertThat(subscriber.completed).isFalse();
            assertThat(subscriber.failure.get()).isNull();
        }
    }

    @Test
    @DisplayName("API: a publisher completes when its handle is closed, and a cancelled subscriber hears nothing more")
    void publisherCompletesWithTheHandle() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        DistributedSync<Counter> handle = node.sync(topic);
        Collector<Counter> subscriber = new Collector<>(Long.MAX_VALUE);
        Collector<Counter> cancelled = new Collector<>(Long.MAX_VALUE);
        handle.publisher().subscribe(subscriber);
        handle.publisher().subscribe(cancelled);
        node.send(topic, Counter.of(1));
        eventually(() -> assertThat(subscriber.items).hasSize(1));
        eventually(() -> assertThat(cancelled.items).hasSize(1));
        cancelled.cancel();
        eventually(() -> assertThat(listeners(node)).hasSizeLessThanOrEqualTo(1));
        node.send(topic, Counter.of(2));
        eventually(() -> assertThat(subscriber.items).hasSize(2));
        handle.close();
        eventually(() -> assertThat(subscriber.completed).isTrue());
        assertThat(cancelled.items).hasSize(1);
        assertThat(cancelled.completed).isFalse();
    }

    private static List<SyncStatus.ListenerStatus> listeners(SyncService node) {
        return node.status().topics().stream()
                .flatMap(topic -> topic.listeners().stream())
                .toList();
    }

    /** Revisions follow each other without a hole. */
    private static void assertDense(List<? extends Versioned<?>> changes) {
        for (int i = 1; i < changes.size(); i++) {
            assertThat(changes.get(i).version().revision())
                    .as("after %s", changes.get(i - 1))
                    .isEqualTo(changes.get(i - 1).version().revision() + 1);
        }
    }

    private static Version lastTold(Recorder<?> listener) {
        Version last = Version.ABSENT;
        for (Versioned<?> change : listener.changes()) {
            last = change.version().isNewerThan(last) ? change.version() : last;
        }
        for (Recorder.Reset<?> reset : listener.resets()) {
            Version told = reset.current().version();
            last = told.isNewerThan(last) ? told : last;
        }
        return last;
    }

    /** The ways a subscription can end. */
    private enum Ending {
        SUBSCRIPTION {
            @Override
            void end(DistributedSync<?> handle, Subscription subscription) {
                subscription.close();
            }
        },
        HANDLE {
            @Override
            void end(DistributedSync<?> handle, Subscription subscription) {
                handle.close();
            }
        };

        abstract void end(DistributedSync<?> handle, Subscription subscription);
    }

    private static final class ThrowingEverywhere implements SyncListenerCallbacks<Counter> {

        @Override
        public void onChange(Versioned<Counter> state) throws Exception {
            throw new Exception("checked");
        }

        @Override
        public void onError(Throwable error) {
            throw new IllegalStateException("even here", error);
        }
    }

    /** A subscriber that keeps what it gets. */
    private static final class Collector<T> implements Flow.Subscriber<Versioned<T>> {

        private final List<Versioned<T>> items = new CopyOnWriteArrayList<>();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final AtomicBoolean completed = new AtomicBoolean();
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        private final long initial;

        Collector(long initial) {
            this.initial = initial;
        }

        void request(long more) {
            join(subscription).request(more);
        }

        void cancel() {
            join(subscription).cancel();
        }

        @Override
        public void onSubscribe(Flow.Subscription mine) {
            subscription.complete(mine);
            mine.request(initial);
        }

        @Override
        public void onNext(Versioned<T> item) {
            items.add(item);
        }

        @Override
        public void onError(Throwable thrown) {
            failure.set(thrown);
        }

        @Override
        public void onComplete() {
            completed.set(true);
        }
    }
}
