package io.distsync;

import io.distsync.backend.Subscription;
import io.distsync.error.ServiceClosedException;
import io.distsync.version.Version;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A handle on a replica as a map. */
final class DefaultMapReplica<V> implements MapReplica<V>, ListenerHolder {

    private final Replica<V> replica;
    private final ServiceContext context;
    private final Consumer<AutoCloseable> onClose;
    private final Members<MapListenerTask<V>> tasks = new Members<>();
    private volatile @Nullable Instant closedSince;

    DefaultMapReplica(Replica<V> replica, ServiceContext context, Consumer<AutoCloseable> onClose) {
        this.replica = replica;
        this.context = context;
        this.onClose = onClose;
    }

    @Override
    public Optional<Versioned<V>> get(String key) {
        return Optional.ofNullable(replica.entry(key));
    }

    @Override
    public Map<String, Versioned<V>> entries() {
        return replica.entries();
    }

    @Override
    public Version version() {
        return replica.position();
    }

    @Override
    public FeedStatus status() {
        Instant since = closedSince;
        return since == null ? replica.status() : new FeedStatus.Stale(since);
    }

    @Override
    public Subscription onChange(MapListener<V> listener) {
        Objects.requireNonNull(listener, "listener");
        if (closedSince != null) {
            throw new ServiceClosedException("the replica is closed");
        }
        MapListenerTask<V> task = replica.addMapListener(listener);
        tasks.add(task);
        if (closedSince != null) {
            end(task);
        }
        return () -> end(task);
    }

    private void end(MapListenerTask<V> task) {
        tasks.remove(task);
        replica.remove(task);
        task.close();
    }

    @Override
    public List<SyncStatus.ListenerStatus> listeners() {
        return tasks.list().stream().map(ListenerTask::status).toList();
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closedSince != null) {
                return;
            }
            closedSince = context.time().instant();
        }
        tasks.list().forEach(this::end);
        onClose.accept(this);
    }
}
