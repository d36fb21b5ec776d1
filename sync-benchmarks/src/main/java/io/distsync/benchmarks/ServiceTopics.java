package io.distsync.benchmarks;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.SyncBackend;
import io.distsync.version.Version;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/** What is measured: one service on one backend for all topics. */
final class ServiceTopics implements SharedTopics {

    private final SyncBackend backend;
    private final SyncService service;
    private final List<Topic<AppState>> topics;
    private final AtomicReferenceArray<DistributedSync<AppState>> handles;

    ServiceTopics(SyncBackend backend, int count) {
        this.backend = backend;
        service = SyncService.using(backend);
        Topic<AppState> topic = Topic.of(AppState.class);
        topics = IntStream.range(0, count)
                .mapToObj(index -> topic.withName(SharedTopics.name(index)))
                .toList();
        handles = new AtomicReferenceArray<>(count);
    }

    @Override
    public CompletionStage<?> increment(int topic) {
        return service.optimisticUpdateAsync(topics.get(topic), AppState::incremented);
    }

    @Override
    public CompletionStage<?> follow(int topic, Listener listener) {
        return service.syncAsync(topics.get(topic)).thenAccept(handle -> {
            handles.set(topic, handle);
            handle.onChange(Delivery.EVERY, new SyncListenerCallbacks<>() {
                @Override
                public void onChange(Versioned<AppState> state) {
                    listener.told(topic, state.value().counter());
                }

                @Override
                public void onReset(Version from, Version to, Versioned<AppState> current) {
                    listener.told(topic, -1);
                }
            });
        });
    }

    @Override
    public CompletionStage<Long> counter(int topic) {
        return service.fetchLatestAsync(topics.get(topic)).thenApply(found -> {
            Versioned<AppState> stored = found.orElseThrow();
            Checks.same("revision", stored.version().revision(), stored.value().counter());
            DistributedSync<AppState> handle = handles.get(topic);
            if (handle != null) {
                Checks.require(
                        "the handle shows what is stored", handle.versioned().equals(stored));
            }
            return stored.value().counter();
        });
    }

    @Override
    public void close() {
        service.close();
        backend.close();
    }
}
