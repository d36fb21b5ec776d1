package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Entry;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A subscription to a map's changes: decodes what the feed brings and hands it to the listener's task. */
final class MapFollower<V> implements ChangeListener, Subscription, ListenerHolder {

    /*
     * Threads. The feed calls the ChangeListener methods one at a time; the monitor orders them with a listener that was
     * overrun and begins again. What a listener without a replica has missed cannot be rebuilt from memory, so one that
     * was overrun is subscribed anew, from a snapshot. One of the log has no snapshot: it learns what it missed and goes
     * on from the present; whoever needs the rest follows again from the last change he was told.
     */

    private final TopicRuntime<V> runtime;
    private final Consumer<AutoCloseable> onClose;
    private final Broadcast<MapItem<V>> items;
    private final MapListenerTask<V> task;
    private List<MapEntry<V>> loading = new ArrayList<>();
    private final Scope scope;
    private Version position;
    private @Nullable Subscription subscription;
    private boolean closed;

    MapFollower(
            TopicRuntime<V> runtime,
            Scope scope,
            Version after,
            MapListener<V> listener,
            Consumer<AutoCloseable> onClose) {
        this.runtime = runtime;
        this.scope = scope;
        this.position = after;
        this.onClose = onClose;
        this.items = new Broadcast<>(runtime.context().settings().listenerBuffer());
        this.task = new MapListenerTask<>(
                runtime.topic(),
                Objects.requireNonNull(listener, "listener"),
                items.cursor(),
                after,
                this::overrun,
                runtime.context());
        items.add(task);
    }

    void start(Version after) {
        Subscription started =
                runtime.context().backend().follow(runtime.topic().name(), after, scope, this);
        boolean late;
        synchronized (this) {
            subscription = started;
            late = closed;
        }
        if (late) {
            started.close();
        }
    }

    private List<MapItem<V>> overrun(Broadcast.Cursor<MapItem<V>> cursor, Version told) {
        Subscription ending;
        MapItem<V> skipped;
        synchronized (this) {
            cursor.skip();
            skipped = new MapItem.Skipped<>(told, position);
            if (scope instanceof Scope.Log) {
                return List.of(skipped);
            }
            ending = subscription;
            subscription = null;
        }
        if (ending != null) {
            ending.close();
        }
        synchronized (this) {
            cursor.skip();
            loading = new ArrayList<>();
        }
        start(Version.ABSENT);
        return List.of(skipped);
    }

    @Override
    public synchronized void onSnapshot(Page page) {
        for (Entry entry : page.entries()) {
            try {
                loading.add(new MapEntry<>(entry.key(), runtime.format().versioned(entry), entry.leaseId()));
            } catch (UndecodableStateException e) {
                items.append(new MapItem.Failed<>(TopicFormat.at(entry.version(), e)));
            }
        }
        if (!page.more()) {
            position = page.head();
            items.append(new MapItem.Snapshot<>(loading, page.head()));
            loading = new ArrayList<>();
        }
        items.publish();
    }

    @Override
    public synchronized void onChanges(List<Change> changes) {
        position = changes.get(changes.size() - 1).version();
        MapItem.Changes.append(items, runtime.format(), changes);
        items.publish();
    }

    @Override
    public synchronized void onReset(Version from, Version to) {
        loading = new ArrayList<>();
        items.publish(new MapItem.Skipped<>(from, to));
    }

    @Override
    public synchronized void onState(FeedState state) {
        items.publish(new MapItem.State<>(state));
    }

    @Override
    public List<SyncStatus.ListenerStatus> listeners() {
        return List.of(task.status());
    }

    @Override
    public void close() {
        Subscription ending;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            ending = subscription;
            subscription = null;
        }
        if (ending != null) {
            ending.close();
        }
        task.close();
        onClose.accept(this);
    }
}
