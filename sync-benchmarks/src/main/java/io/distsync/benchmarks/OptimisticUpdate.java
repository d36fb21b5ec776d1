package io.distsync.benchmarks;

import io.distsync.Delivery;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncService;
import io.distsync.Versioned;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.util.function.LongConsumer;

/** What is measured: the service on a backend that keeps topics in Redis. */
final class OptimisticUpdate implements SharedState {

    private final SyncBackend backend;
    private final SyncService service;

    OptimisticUpdate(SyncBackend backend) {
        this.backend = backend;
        this.service = SyncService.using(backend);
    }

    static OptimisticUpdate on(String uri) {
        return new OptimisticUpdate(
                RedisSyncBackend.builder(RedisURI.create(uri)).build());
    }

    /** Opens a handle, so that the service knows the state before it updates it. */
    OptimisticUpdate following() {
        var unused = service.syncAsync(AppState.class).join();
        return this;
    }

    @Override
    public void increment() {
        service.optimisticUpdate(AppState.class, AppState::incremented);
    }

    @Override
    public void check(long updates) {
        Versioned<AppState> stored = service.fetchLatest(AppState.class).orElseThrow();
        Checks.same("counter", stored.value().counter(), updates);
        Checks.same("revision", stored.version().revision(), updates);
    }

    @Override
    public void listen(LongConsumer listener) {
        service.syncAsync(AppState.class).join().onChange(Delivery.EVERY, new SyncListenerCallbacks<>() {
            @Override
            public void onChange(Versioned<AppState> state) {
                listener.accept(state.value().counter());
            }

            @Override
            public void onReset(Version from, Version to, Versioned<AppState> current) {
                listener.accept(-1); // states were left out
            }
        });
    }

    @Override
    public void close() {
        service.close();
        backend.close();
    }
}
