package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
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
     * was overrun is subscribed anew, from a snapshot or, for the log, from the oldest position there is.
     */

    private final TopicRuntime<V> runtime;
    private final Consumer<AutoCloseable> onClose;
    private final Broadcast<MapItem<V>> items;
    private final MapListenerTask<V> task;
    private List<MapEntry<V>> loading = new ArrayList<>();
    private Version position = Version.ABSENT;
    private Scope scope = Scope.entries();
    private @Nullable Subscription subscription;
    private boolean closed;

    MapFollower(TopicRuntime<V> runtime, MapListener<V> listener, Consumer<AutoCloseable> onClose) {
        this.runtime = runtime;
        this.onClose = onClose;
        this.items = new Broadcast<>(runtime.context().settings().listenerBuffer());
        this.task = new MapListenerTask<>(
                runtime.topic(),
                Objects.requireNonNull(listener, "listener"),
                items.cursor(),
                this::overrun,
                runtime.context());
        items.add(task);
    }

    void start(Scope wanted, Version after) {
        Subscription started =
                runtime.context().backend().follow(runtime.topic().name(), after, wanted, this);
        boolean late;
        synchronized (this) {
            scope = wanted;
            position = after;
            subscription = started;
            late = closed;
        }
        if (late) {
            started.close();
        }
    }

    private MapItem<V> overrun(Broadcast.Cursor<MapItem<V>> cursor) {
        Subscription ending;
        Version from;
        synchronized (this) {
            cursor.skip();
            from = position;
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
        start(scope, Version.ABSENT);
        return new MapItem.Skipped<>(from, Version.ABSENT);
    }

    @Override
    public synchronized void onSnapshot(Page page) {
        for (io.distsync.backend.Entry entry : page.entries()) {
            try {
                loading.add(new MapEntry<>(entry.key(), runtime.pipeline().versioned(entry), entry.leaseId()));
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
        List<MapChange<V>> decoded = new ArrayList<>(changes.size());
        for (Change change : changes) {
            try {
                decoded.add(runtime.pipeline().mapChange(change));
            } catch (UndecodableStateException e) {
                items.append(new MapItem.Failed<>(TopicFormat.at(change.version(), e)));
            }
        }
        position = changes.get(changes.size() - 1).version();
        if (!decoded.isEmpty()) {
            items.append(new MapItem.Changes<>(decoded));
        }
        items.publish();
    }

    @Override
    public synchronized void onReset(Version from, Version to) {
        loading = new ArrayList<>();
        items.append(new MapItem.Skipped<>(from, to));
        items.publish();
    }

    @Override
    public synchronized void onState(FeedState state) {
        items.append(new MapItem.State<>(state));
        items.publish();
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
