package io.distsync;

import io.distsync.backend.Subscription;
import io.distsync.error.ServiceClosedException;
import io.distsync.version.Version;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A handle: a reference to the topic's replica, and the listeners that were added through it. */
final class DefaultDistributedSync<T> implements DistributedSync<T>, ListenerHolder {

    private final Topic<T> topic;
    private final Replica<T> replica;
    private final ServiceContext context;
    private final Consumer<AutoCloseable> onClose;
    private final AtomicReference<Version> reported;
    private final Members<SerialTask> tasks = new Members<>();
    private volatile @Nullable Instant closedSince;

    DefaultDistributedSync(
            Topic<T> topic, Replica<T> replica, ServiceContext context, Consumer<AutoCloseable> onClose) {
        this.topic = topic;
        this.replica = replica;
        this.context = context;
        this.onClose = onClose;
        this.reported = new AtomicReference<>(replica.current().version());
    }

    @Override
    public Topic<T> topic() {
        return topic;
    }

    @Override
    public T get() {
        return replica.current().value();
    }

    @Override
    public Versioned<T> versioned() {
        return replica.current();
    }

    @Override
    public FeedStatus status() {
        Instant since = closedSince;
        return since == null ? replica.status() : new FeedStatus.Stale(since);
    }

    @Override
    public boolean changed(Duration timeout) throws InterruptedException {
        long end = context.time().nanos() + timeout.toNanos();
        while (closedSince == null) {
            Version seen = Objects.requireNonNull(reported.get());
            if (!replica.awaitChange(seen, end - context.time().nanos(), () -> closedSince != null)) {
                return false;
            }
            if (reported.compareAndSet(seen, replica.current().version())) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Subscription onChange(Delivery delivery, SyncListenerCallbacks<T> callbacks) {
        Objects.requireNonNull(callbacks, "callbacks");
        requireOpen();
        String name = callbacks.name();
        if (delivery == Delivery.EVERY) {
            return register(replica.addReader(
                    seam -> new EveryListener<>(replica, seam, callbacks, topic.name(), name, context)));
        }
        return register(replica.addWatcher(
                seen -> new LatestListener<>(replica, seen, callbacks, topic.name(), name, context)));
    }

    @Override
    public Flow.Publisher<Versioned<T>> publisher() {
        return subscriber -> {
            Objects.requireNonNull(subscriber, "subscriber");
            StatePublisher<T> publisher =
                    replica.addReader(seam -> new StatePublisher<>(replica, seam, subscriber, this::forget, context));
            tasks.add(publisher);
            if (publisher.isClosed()) {
                tasks.remove(publisher); // the subscriber has cancelled already
            } else if (closedSince != null) {
                publisher.complete();
            }
        };
    }

    /** Completes when the view is current. */
    CompletableFuture<Void> whenCurrent() {
        return replica.whenCurrent();
    }

    private Subscription register(SerialTask task) {
        tasks.add(task);
        if (closedSince != null) {
            end(task);
        }
        return () -> end(task);
    }

    private void end(SerialTask task) {
        forget(task);
        task.close();
    }

    private void forget(SerialTask task) {
        tasks.remove(task);
        replica.remove(task);
    }

    @Override
    public List<SyncStatus.ListenerStatus> listeners() {
        return tasks.list().stream()
                .filter(ListenerTask.class::isInstance)
                .map(task -> ((ListenerTask) task).status())
                .toList();
    }

    private void requireOpen() {
        if (closedSince != null) {
            throw new ServiceClosedException("the handle on topic '" + topic.name() + "' is closed");
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closedSince != null) {
                return;
            }
            closedSince = context.time().instant();
        }
        for (SerialTask task : tasks.list()) {
            if (task instanceof StatePublisher<?> publisher) {
                publisher.complete();
            } else {
                end(task);
            }
        }
        replica.signalAll();
        onClose.accept(this);
    }
}
