package io.distsync;

import static io.distsync.Nodes.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.version.Version;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Opens and closes whatever can be opened, thousands of times: no thread is left, and nothing is kept in memory. */
@Timeout(120)
class SyncServiceLeakTest {

    private static final Topic<Counter> TOPIC = Topic.of("leak", Counter.class).withInitial(() -> Counter.ZERO);

    private final LocalSyncBackend store = LocalSyncBackend.create();

    @AfterEach
    void closeStore() {
        store.close();
        Nodes.checkThreads();
    }

    @Test
    @DisplayName("API: services leave no thread and no object behind")
    void services() {
        List<WeakReference<?>> services = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            SyncService service = SyncService.using(store);
            services.add(new WeakReference<>(service));
            Recorder<Counter> listener = new Recorder<>();
            service.sync(TOPIC).onChange(Delivery.EVERY, listener);
            service.optimisticUpdate(TOPIC, state -> state.plus(1));
            if (i % 50 == 0) {
                eventually(() -> assertThat(listener.calls()).isPositive());
            }
            service.close();
        }
        Nodes.checkThreads();
        assertCollected(services);
    }

    @Test
    @DisplayName("API: services that own their backend leave no thread")
    void localServices() {
        for (int i = 0; i < 500; i++) {
            try (SyncService service = SyncService.local()) {
                service.map(TOPIC).put("leased", Counter.ZERO, LeaseOptions.ttl(Duration.ofMinutes(1)));
            }
        }
        Nodes.checkThreads();
    }

    @Test
    @DisplayName("API: a service that was never used has no thread")
    void unusedService() {
        try (SyncService service = SyncService.using(store)) {
            assertThat(service.status().topics()).isEmpty();
            assertThat(Nodes.serviceThreads()).isEmpty();
        }
    }

    @Test
    @DisplayName("API: handles leave nothing in the service that made them")
    void handles() {
        try (SyncService service = SyncService.using(store)) {
            service.send(TOPIC, Counter.of(1));
            assertLeavesNothing(2_000, () -> {
                DistributedSync<Counter> handle = service.sync(TOPIC);
                assertThat(handle.get()).isEqualTo(Counter.of(1));
                handle.close();
                return handle;
            });
            assertThat(service.status().followedTopics()).isZero();
        }
    }

    @Test
    @DisplayName("API: handles leave nothing while another keeps the view alive")
    void handlesOfALivingView() {
        try (SyncService service = SyncService.using(store);
                DistributedSync<Counter> living = service.sync(TOPIC)) {
            assertLeavesNothing(2_000, () -> {
                DistributedSync<Counter> handle = service.sync(TOPIC);
                handle.onChange(change -> {});
                service.send(TOPIC, Counter.of(2));
                handle.close();
                return handle;
            });
            assertThat(living.get()).isEqualTo(Counter.of(2));
            assertThat(service.status().topics().get(0).listeners()).isEmpty();
        }
    }

    @Test
    @DisplayName("API: listeners leave nothing in their handle")
    void listeners() {
        try (SyncService service = SyncService.using(store);
                DistributedSync<Counter> handle = service.sync(TOPIC)) {
            for (Delivery delivery : Delivery.values()) {
                assertLeavesNothing(2_000, () -> {
                    Recorder<Counter> listener = new Recorder<>();
                    Subscription subscription = handle.onChange(delivery, listener);
                    service.optimisticUpdate(TOPIC, state -> state.plus(1));
                    subscription.close();
                    return listener;
                });
            }
            assertThat(service.status().topics().get(0).listeners()).isEmpty();
        }
    }

    @Test
    @DisplayName("API: cancelled subscribers leave nothing in the publisher")
    void subscribers() {
        try (SyncService service = SyncService.using(store);
                DistributedSync<Counter> handle = service.sync(TOPIC)) {
            service.send(TOPIC, Counter.of(1));
            assertLeavesNothing(500, () -> {
                CancellingSubscriber subscriber = new CancellingSubscriber();
                handle.publisher().subscribe(subscriber);
                return subscriber;
            });
        }
    }

    @Test
    @DisplayName("API: maps, replicas and followers leave nothing in their service")
    void maps() {
        try (SyncService service = SyncService.using(store)) {
            assertLeavesNothing(1_000, () -> {
                SyncMap<Counter> map = service.map(TOPIC);
                MapRecorder<Counter> listener = new MapRecorder<>();
                map.follow(Scope.log(), Version.ABSENT, listener);
                map.replica().onChange(listener);
                map.put("key", Counter.of(1));
                map.close();
                return listener;
            });
            assertThat(service.status().followedTopics()).isZero();
        }
    }

    @Test
    @DisplayName("API: functions, futures and timers of finished operations are not kept")
    void operations() {
        try (SyncService service = SyncService.using(store)) {
            assertLeavesNothing(5_000, () -> {
                byte[] captured = new byte[1_000];
                CompletableFuture<Versioned<Counter>> update =
                        service.optimisticUpdateAsync(TOPIC, state -> state.plus(captured.length));
                Nodes.join(update);
                return captured;
            });
            assertThat(service.status().pendingUpdates()).isZero();
        }
    }

    @Test
    @DisplayName("API: threads that were made for blocked listeners go when they are no longer needed")
    void threadsGoAgain() {
        try (SyncService service = SyncService.using(store);
                DistributedSync<Counter> handle = service.sync(TOPIC)) {
            Gate gate = new Gate();
            List<Recorder<Counter>> listeners = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Recorder<Counter> listener = new Recorder<>(change -> gate.pass());
                listeners.add(listener);
                handle.onChange(Delivery.EVERY, listener);
            }
            service.send(TOPIC, Counter.of(1));
            listeners.forEach(
                    listener -> eventually(() -> assertThat(listener.calls()).isEqualTo(1)));
            assertThat(Nodes.serviceThreads().size()).isGreaterThan(50);
            gate.open();
            eventually(() -> assertThat(Nodes.serviceThreads().size()).isLessThan(10));
        }
    }

    /** Does it often, and asserts that what it returns can be collected and the number of threads stays flat. */
    private static void assertLeavesNothing(int times, Supplier<Object> work) {
        List<WeakReference<?>> leftovers = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            leftovers.add(new WeakReference<>(work.get()));
        }
        assertThat(Nodes.serviceThreads().size()).isLessThan(20);
        assertCollected(leftovers);
    }

    /** The last few may still be on the stack of an idle worker. */
    private static void assertCollected(List<WeakReference<?>> references) {
        eventually(() -> {
            System.gc();
            assertThat(references.stream()
                            .filter(reference -> reference.get() != null)
                            .count())
                    .as("objects that are still reachable")
                    .isLessThanOrEqualTo(5);
        });
    }

    /** Cancels with the first item. */
    private static final class CancellingSubscriber implements Flow.Subscriber<Versioned<Counter>> {

        private final CompletableFuture<Flow.Subscription> subscription =
                new CompletableFuture<Flow.Subscription>().orTimeout(30, TimeUnit.SECONDS);

        @Override
        public void onSubscribe(Flow.Subscription mine) {
            subscription.complete(mine);
            mine.request(1);
        }

        @Override
        public void onNext(Versioned<Counter> item) {
            subscription.join().cancel();
        }

        @Override
        public void onError(Throwable thrown) {}

        @Override
        public void onComplete() {}
    }
}
