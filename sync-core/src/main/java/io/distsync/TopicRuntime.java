package io.distsync;

import io.distsync.backend.LeaseRule;
import io.distsync.backend.Page;
import io.distsync.backend.Selection;
import io.distsync.log.LogEvent;
import io.distsync.version.Version;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one service has of one topic: its pipeline and, while somebody holds a handle, its replica. */
final class TopicRuntime<T> {

    /*
     * Threads. The monitor guards the coming and going of the replica; it is never held while the backend is called, nor
     * by a callback of it.
     */

    private static final Logger log = LoggerFactory.getLogger(TopicRuntime.class);
    private static final String SINGLE = "";

    private final UpdatePipeline<T> pipeline;
    private final Members<AutoCloseable> open = new Members<>();
    private @Nullable Replica<T> replica;

    TopicRuntime(Topic<T> topic, ServiceContext context) {
        this.pipeline = new UpdatePipeline<>(
                new TopicFormat<>(topic, context.codec().format(topic.type()), context.limits()), context, this);
    }

    Topic<T> topic() {
        return pipeline.topic();
    }

    TopicFormat<T> format() {
        return pipeline.format();
    }

    UpdatePipeline<T> pipeline() {
        return pipeline;
    }

    ServiceContext context() {
        return pipeline.context();
    }

    // --- the single state -------------------------------------------------------------------------------------------

    Versioned<T> update(UnaryOperator<T> update) {
        return pipeline.update(SINGLE, update, LeaseRule.keep());
    }

    CompletableFuture<Versioned<T>> updateAsync(UnaryOperator<T> update) {
        return new Operations.Update<>(pipeline, SINGLE, update, LeaseRule.keep()).start();
    }

    Versioned<T> send(T state) {
        return sending(state).run();
    }

    CompletableFuture<Versioned<T>> sendAsync(T state) {
        return sending(state).start();
    }

    private Operation<T, Versioned<T>> sending(T state) {
        return new Operations.Send<>(pipeline, SINGLE, nonNull(state), LeaseRule.none());
    }

    CasResult<T> compareAndSet(Version expected, T state) {
        return comparing(expected, state).run();
    }

    CompletableFuture<CasResult<T>> compareAndSetAsync(Version expected, T state) {
        return comparing(expected, state).start();
    }

    private Operation<T, CasResult<T>> comparing(Version expected, T state) {
        Objects.requireNonNull(expected, "expected");
        return new Operations.CompareAndSet<>(pipeline, SINGLE, expected, nonNull(state), LeaseRule.keep());
    }

    boolean delete() {
        return new Operations.Delete<>(pipeline, SINGLE).run();
    }

    CompletableFuture<Boolean> deleteAsync() {
        return new Operations.Delete<>(pipeline, SINGLE).start();
    }

    Optional<Versioned<T>> fetch() {
        return fetching(SINGLE).run();
    }

    CompletableFuture<Optional<Versioned<T>>> fetchAsync() {
        return fetching(SINGLE).start();
    }

    // --- for maps too -----------------------------------------------------------------------------------------------

    /** Reads one entry from the store. */
    Operation<T, Optional<Versioned<T>>> fetching(String key) {
        return new Inquiry<T, Page, Optional<Versioned<T>>>(
                pipeline,
                () -> context().backend().read(topic().name(), Selection.keys(key)),
                page -> page.entries().stream().findFirst().map(pipeline.format()::versioned));
    }

    T nonNull(T value) {
        return Objects.requireNonNull(
                value, () -> "a state of topic '" + topic().name() + "' must not be null; delete it instead");
    }

    // --- handles ----------------------------------------------------------------------------------------------------

    DefaultDistributedSync<T> sync() {
        Replica<T> view = acquire();
        return track(new DefaultDistributedSync<>(topic(), view, context(), handle -> {
            untrack(handle);
            release(view);
        }));
    }

    CompletableFuture<DistributedSync<T>> syncAsync() {
        DefaultDistributedSync<T> handle = sync();
        CompletableFuture<DistributedSync<T>> ready = handle.whenCurrent().thenApply(current -> handle);
        CompletableFuture<?> unused = ready.exceptionally(cancelled -> {
            handle.close();
            return handle;
        });
        return ready;
    }

    SyncMap<T> map() {
        return new DefaultSyncMap<>(this);
    }

    /** Keeps something that has to be closed with the service. */
    <C extends AutoCloseable> C track(C closeable) {
        open.add(closeable);
        return closeable;
    }

    void untrack(AutoCloseable closeable) {
        open.remove(closeable);
    }

    /** The replica, which begins to follow if nobody held it; each call needs one {@link #release}. */
    Replica<T> acquire() {
        if (!topic().options().logPayloads()) {
            throw new IllegalArgumentException(
                    "topic '" + topic().name()
                            + "' logs keys only and cannot be followed as a whole; follow keys of it: SyncMap.follow(Scope.keys(...), ...)");
        }
        pipeline.requireOpen();
        Replica<T> view;
        boolean first;
        synchronized (this) {
            first = replica == null;
            view = first ? new Replica<>(format(), context(), this) : Objects.requireNonNull(replica);
            Known known = pipeline.knowledge().single();
            if (first && known != null) {
                view.seed(known);
            }
            replica = view;
            pipeline.attach(view);
            view.retain();
        }
        if (first) {
            try {
                view.start();
            } catch (RuntimeException e) {
                release(view);
                throw e;
            }
        }
        return view;
    }

    void release(Replica<T> view) {
        synchronized (this) {
            if (!view.release()) {
                return;
            }
            if (replica == view) {
                replica = null;
                pipeline.attach(null);
            }
        }
        view.close();
    }

    private synchronized @Nullable Replica<T> replica() {
        return replica;
    }

    // --- status and closing -----------------------------------------------------------------------------------------

    SyncStatus.TopicStatus status() {
        Replica<T> view = replica();
        Version version = pipeline.knowledge().head();
        Object value = null;
        FeedStatus feed = null;
        Version fed = null;
        Instant asOf = null;
        if (view != null) {
            fed = view.position();
            version = fed.isNewerThan(version) ? fed : version;
            value = view.current().value();
            feed = view.status();
            asOf = view.currentAsOf();
        }
        List<SyncStatus.ListenerStatus> listeners = new ArrayList<>();
        for (AutoCloseable each : open.list()) {
            if (each instanceof ListenerHolder holder) {
                listeners.addAll(holder.listeners());
            }
        }
        return new SyncStatus.TopicStatus(
                topic().name(),
                topic().type().getTypeName(),
                version,
                value,
                feed,
                fed,
                asOf,
                pipeline.pending(),
                listeners);
    }

    void refuseNew() {
        pipeline.refuseNew();
    }

    void awaitIdle(long endNanos) {
        pipeline.awaitIdle(endNanos);
    }

    void close() {
        pipeline.close();
        closeAll(open.list());
    }

    /** Closes what callers have left open. */
    void closeAll(Collection<AutoCloseable> handles) {
        for (AutoCloseable each : List.copyOf(handles)) {
            try {
                each.close();
            } catch (Exception e) {
                LogEvent.HANDLE_NOT_CLOSED
                        .on(log)
                        .setCause(e)
                        .log("topic '{}': a handle could not be closed", topic().name());
            }
        }
    }
}
