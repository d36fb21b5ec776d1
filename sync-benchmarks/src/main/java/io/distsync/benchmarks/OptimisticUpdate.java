package io.distsync.benchmarks;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncService;
import io.distsync.Versioned;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** What is measured: the service on a backend. */
final class OptimisticUpdate implements SharedState {

    private final SyncBackend backend;
    private final SyncService service;
    private @Nullable DistributedSync<AppState> handle;

    OptimisticUpdate(SyncBackend backend) {
        this.backend = backend;
        this.service = SyncService.using(backend);
    }

    /** A state of this process alone. */
    static OptimisticUpdate local() {
        return new OptimisticUpdate(LocalSyncBackend.create());
    }

    static OptimisticUpdate on(String uri) {
        return new OptimisticUpdate(
                RedisSyncBackend.builder(RedisURI.create(uri)).build());
    }

    /** Opens a handle, so that the service knows the state before it updates it. */
    OptimisticUpdate following() {
        handle = service.syncAsync(AppState.class).join();
        return this;
    }

    @Override
    public void increment() {
        service.optimisticUpdate(AppState.class, AppState::incremented);
    }

    CompletableFuture<?> incrementAsync() {
        return service.optimisticUpdateAsync(AppState.class, AppState::incremented);
    }

    @Override
    public void annotate(String note) {
        service.optimisticUpdate(AppState.class, state -> state.incremented(note));
    }

    @Override
    public long shown() {
        return Objects.requireNonNull(handle, "no handle").get().counter();
    }

    @Override
    public long fetched() {
        return Checks.stored(service);
    }

    @Override
    public void check(long updates) {
        Versioned<AppState> stored = service.fetchLatest(AppState.class).orElseThrow();
        Checks.same("counter", stored.value().counter(), updates);
        Checks.same("revision", stored.version().revision(), updates);
    }

    @Override
    public void listen(LongConsumer listener) {
        listen(List.of(listener));
    }

    @Override
    public void listen(List<LongConsumer> listeners) {
        DistributedSync<AppState> told = service.syncAsync(AppState.class).join();
        listeners.forEach(listener -> told.onChange(Delivery.EVERY, callbacks(listener)));
    }

    private static SyncListenerCallbacks<AppState> callbacks(LongConsumer listener) {
        return new SyncListenerCallbacks<>() {
            @Override
            public void onChange(Versioned<AppState> state) {
                listener.accept(state.value().counter());
            }

            @Override
            public void onReset(Version from, Version to, Versioned<AppState> current) {
                listener.accept(-1); // states were left out
            }
        };
    }

    @Override
    public void close() {
        service.close();
        backend.close();
    }
}
