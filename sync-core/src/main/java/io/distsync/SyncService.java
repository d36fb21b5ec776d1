package io.distsync;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.codec.Codec;
import io.distsync.error.ServiceClosedException;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Shared state of an application, kept the same on all its nodes: typed topics that are updated by compare-and-set and
 * followed live. Safe to share between threads; one service for each application is the rule.
 *
 * <p>Every operation comes in a blocking form, an {@code …Async} twin that returns a future, and for a type annotated
 * with {@link SyncTopic} or for an explicit {@link Topic}, so that one type can serve many topics ({@code "room:42"}).
 *
 * <p><b>What is known after a failure.</b> {@link io.distsync.error.NotAppliedException}: nothing was written, nor ever
 * will be by this call. {@link io.distsync.error.OutcomeUnknownException}: it was sent, and no answer is known. Bad
 * arguments are {@link IllegalArgumentException}s, thrown before any I/O.
 *
 * <p><b>Waiting.</b> An operation ends within the service's timeout, retries included; a thread that waits may run
 * functions of other callers of the topic meanwhile, and looks at the clock again after them. If the waiting thread is
 * interrupted, an operation not yet sent is withdrawn (not applied), one already sent is reported as unknown; the
 * interrupt flag stays set. A cancelled future was not applied; cancelling one whose operation is already under way
 * completes it with {@code OutcomeUnknownException} instead, and {@code cancel} returns false.
 */
public final class SyncService implements AutoCloseable {

    private final ServiceContext context;
    private final boolean ownsBackend;
    private final TopicRuntimes runtimes = new TopicRuntimes();
    private final ConcurrentHashMap<Class<?>, TopicRuntime<?>> byClass = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private SyncService(ServiceContext context, boolean ownsBackend) {
        this.context = context;
        this.ownsBackend = ownsBackend;
    }

    /** A service whose topics live in the memory of this process, with defaults. */
    public static SyncService local() {
        return new Builder(LocalSyncBackend.create(), true).build();
    }

    /** A service on a backend, with defaults. The backend stays the caller's to close. */
    public static SyncService using(SyncBackend backend) {
        return builder(backend).build();
    }

    /** A service on a backend, with settings. The backend stays the caller's to close. */
    public static Builder builder(SyncBackend backend) {
        return new Builder(Objects.requireNonNull(backend, "backend"), false);
    }

    /**
     * Replaces the state by a function of it: fetch, apply, compare-and-set, and again if another writer was faster.
     * Linearizable per topic.
     *
     * <p>The function must be pure: it may run more than once, on any thread, together with the functions of other
     * callers; only the last run counts. Concurrent updates of one topic are applied one after another, in the order of
     * the calls, and travel as one commit with a revision for each. Whatever the function does — a value, an equal
     * value, an exception — is released only after the state it saw is confirmed to have been the current one.
     *
     * <ul>
     *   <li>It returns an equal value: nothing is written or broadcast, and the present state is returned.
     *   <li>It throws: nothing is written, and this caller alone gets the very exception.
     *   <li>It updates its own topic: {@link IllegalStateException} at once. Updating another topic inside a function is
     *       possible but a poor idea, because the function may run again.
     * </ul>
     *
     * @throws io.distsync.error.AbsentStateException if nothing is stored and the topic has no initial value
     * @throws io.distsync.error.ConflictException if other writers won as often as the retry budget allows
     * @throws io.distsync.error.UndecodableStateException if the stored value cannot be decoded; it is left alone
     * @throws NullPointerException if the function returns null; nothing is written
     */
    public <T> Versioned<T> optimisticUpdate(Class<T> type, UnaryOperator<T> update) {
        return runtime(type).update(update);
    }

    public <T> Versioned<T> optimisticUpdate(Topic<T> topic, UnaryOperator<T> update) {
        return runtime(topic).update(update);
    }

    public <T> CompletableFuture<Versioned<T>> optimisticUpdateAsync(Class<T> type, UnaryOperator<T> update) {
        return runtime(type).updateAsync(update);
    }

    public <T> CompletableFuture<Versioned<T>> optimisticUpdateAsync(Topic<T> topic, UnaryOperator<T> update) {
        return runtime(topic).updateAsync(update);
    }

    /**
     * {@link #optimisticUpdate} by the holder of a lock or the leader of a term: refused by the store if the topic was written
     * with a newer token under the same name of the fence. The token is raised even if the state stays as it is. Not combined
     * with other updates: two round trips.
     *
     * @param fence name of what the tokens are of, a lock for example; each name has its own newest token
     * @param token of the grant: {@code grant.token().version()}
     * @throws io.distsync.error.StaleTokenException if somebody has written with a newer token; nothing was written
     */
    public <T> Versioned<T> fencedUpdate(Topic<T> topic, String fence, Version token, UnaryOperator<T> update) {
        return fenced(topic, fence, token, update).run();
    }

    public <T> CompletableFuture<Versioned<T>> fencedUpdateAsync(
            Topic<T> topic, String fence, Version token, UnaryOperator<T> update) {
        return fenced(topic, fence, token, update).start();
    }

    private <T> FencedUpdate<T> fenced(Topic<T> topic, String fence, Version token, UnaryOperator<T> update) {
        return new FencedUpdate<>(runtime(topic), fence, token, update);
    }

    /** Overwrites the state without a check; the way to repair a state that cannot be decoded. */
    public <T> Versioned<T> send(Class<T> type, T state) {
        return runtime(type).send(state);
    }

    public <T> Versioned<T> send(Topic<T> topic, T state) {
        return runtime(topic).send(state);
    }

    public <T> CompletableFuture<Versioned<T>> sendAsync(Class<T> type, T state) {
        return runtime(type).sendAsync(state);
    }

    public <T> CompletableFuture<Versioned<T>> sendAsync(Topic<T> topic, T state) {
        return runtime(topic).sendAsync(state);
    }

    /** Reads the state from the store (linearizable); empty if nothing is stored. */
    public <T> Optional<Versioned<T>> fetchLatest(Class<T> type) {
        return runtime(type).fetch();
    }

    public <T> Optional<Versioned<T>> fetchLatest(Topic<T> topic) {
        return runtime(topic).fetch();
    }

    public <T> CompletableFuture<Optional<Versioned<T>>> fetchLatestAsync(Class<T> type) {
        return runtime(type).fetchAsync();
    }

    public <T> CompletableFuture<Optional<Versioned<T>>> fetchLatestAsync(Topic<T> topic) {
        return runtime(topic).fetchAsync();
    }

    /**
     * Writes the state if the stored one has exactly the expected version, all three parts of it; {@link
     * Version#ABSENT} means that nothing is stored, be it never written, deleted or expired. Writes even an equal value.
     */
    public <T> CasResult<T> compareAndSet(Class<T> type, Version expected, T state) {
        return runtime(type).compareAndSet(expected, state);
    }

    public <T> CasResult<T> compareAndSet(Topic<T> topic, Version expected, T state) {
        return runtime(topic).compareAndSet(expected, state);
    }

    public <T> CompletableFuture<CasResult<T>> compareAndSetAsync(Class<T> type, Version expected, T state) {
        return runtime(type).compareAndSetAsync(expected, state);
    }

    public <T> CompletableFuture<CasResult<T>> compareAndSetAsync(Topic<T> topic, Version expected, T state) {
        return runtime(topic).compareAndSetAsync(expected, state);
    }

    /** Deletes the state; true if there was one. */
    public <T> boolean delete(Class<T> type) {
        return runtime(type).delete();
    }

    public <T> boolean delete(Topic<T> topic) {
        return runtime(topic).delete();
    }

    public <T> CompletableFuture<Boolean> deleteAsync(Class<T> type) {
        return runtime(type).deleteAsync();
    }

    public <T> CompletableFuture<Boolean> deleteAsync(Topic<T> topic) {
        return runtime(topic).deleteAsync();
    }

    /**
     * Opens a live handle on the state. Returns at once: if the store cannot be reached now, the handle holds the
     * initial value and says {@link FeedStatus.Resyncing} until it can.
     */
    public <T> DistributedSync<T> sync(Class<T> type) {
        return runtime(type).sync();
    }

    public <T> DistributedSync<T> sync(Topic<T> topic) {
        return runtime(topic).sync();
    }

    /** Opens a live handle and completes with it when it is current; cancelling the future closes the handle. */
    public <T> CompletableFuture<DistributedSync<T>> syncAsync(Class<T> type) {
        return runtime(type).syncAsync();
    }

    public <T> CompletableFuture<DistributedSync<T>> syncAsync(Topic<T> topic) {
        return runtime(topic).syncAsync();
    }

    /** The topic as a collection of entries. The single state of a topic is its entry with the empty key. */
    public <V> SyncMap<V> map(Topic<V> topic) {
        return runtime(topic).map();
    }

    /** What this service is doing; takes no lock that an operation waits for. */
    public SyncStatus status() {
        List<SyncStatus.TopicStatus> topics = runtimes.all().stream()
                .map(TopicRuntime::status)
                .sorted(Comparator.comparing(SyncStatus.TopicStatus::name))
                .toList();
        return new SyncStatus(context.backend().info(), topics);
    }

    /** Whether {@link #close()} was called. */
    public boolean isClosed() {
        return closed;
    }

    /**
     * Refuses new operations, lets those under way finish within the grace period, ends every handle, and stops the
     * service's threads. Operations that were not sent by then fail as not applied, the others as unknown. Closing
     * twice is harmless.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        long end = context.time().nanos() + context.shutdownGrace().toNanos();
        List<TopicRuntime<?>> last = runtimes.all();
        last.forEach(TopicRuntime::refuseNew);
        last.forEach(runtime -> runtime.awaitIdle(end));
        last.forEach(TopicRuntime::close);
        context.close(end);
        if (ownsBackend) {
            context.backend().close();
        }
    }

    @SuppressWarnings("unchecked") // the map holds a runtime of T under the class of T
    private <T> TopicRuntime<T> runtime(Class<T> type) {
        TopicRuntime<?> known = byClass.get(type);
        if (known == null) {
            known = runtime(Topic.of(type));
            byClass.put(type, known);
        }
        return (TopicRuntime<T>) known;
    }

    @SuppressWarnings("unchecked") // compatible topics have the same type
    private <T> TopicRuntime<T> runtime(Topic<T> topic) {
        TopicRuntime<?> known = runtimes.get(topic.name());
        if (known == null) {
            known = create(topic);
        }
        if (known.topic() != topic && !known.topic().serves(kept(topic))) {
            throw new IllegalArgumentException("topic '" + topic.name()
                    + "' is already in use by this service with another type, other options or no initial value: "
                    + known.topic() + ", now " + topic);
        }
        return (TopicRuntime<T>) known;
    }

    /** The topic as this service keeps it. */
    private <T> Topic<T> kept(Topic<T> topic) {
        return topic.withDefaultRetention(context.settings().retention());
    }

    private TopicRuntime<?> create(Topic<?> topic) {
        synchronized (this) {
            if (closed) {
                throw new ServiceClosedException("the service is closed; topic '" + topic.name() + "' was not touched");
            }
            return runtimes.get(topic.name(), () -> {
                context.metrics().opened(topic.name());
                return new TopicRuntime<>(kept(topic), context);
            });
        }
    }

    /** Settings of a service. */
    public static final class Builder {

        private final SyncBackend backend;
        private final boolean ownsBackend;
        private String name = "sync";
        private @Nullable Codec codec;
        private SyncMetrics metrics = SyncMetrics.NONE;
        private SyncTracing tracing = SyncTracing.NONE;
        private TimeSource time = TimeSource.system();
        private Duration timeout = Duration.ofSeconds(5);
        private Duration shutdownGrace = Duration.ofSeconds(10);
        private int maxConflicts = 1_000;
        private int listenerBuffer = 1_024;
        private TopicOptions.Retention retention = TopicOptions.defaults().retention();

        private Builder(SyncBackend backend, boolean ownsBackend) {
            this.backend = backend;
            this.ownsBackend = ownsBackend;
        }

        /** Names the service's threads: {@code distsync-NAME-…}. */
        public Builder name(String value) {
            name = Objects.requireNonNull(value, "name");
            return this;
        }

        /** How values become bytes; JSON if not set. */
        public Builder codec(Codec value) {
            codec = Objects.requireNonNull(value, "codec");
            return this;
        }

        /** Where measurements go. */
        public Builder metrics(SyncMetrics value) {
            metrics = Objects.requireNonNull(value, "metrics");
            return this;
        }

        /** What follows calls on their way to the store and to listeners. Default: nothing does. */
        public Builder tracing(SyncTracing value) {
            tracing = Objects.requireNonNull(value, "tracing");
            return this;
        }

        /** The clock deadlines are measured by. */
        public Builder time(TimeSource value) {
            time = Objects.requireNonNull(value, "time");
            return this;
        }

        /** Deadline of an operation, retries included; 1 ms to 1 day. */
        public Builder timeout(Duration value) {
            timeout = inRange("timeout", value, Duration.ofMillis(1), Duration.ofDays(1));
            return this;
        }

        /** How long {@link SyncService#close()} waits for operations under way, and for running listeners; 0 to 1 hour. */
        public Builder shutdownGrace(Duration value) {
            shutdownGrace = inRange("shutdownGrace", value, Duration.ZERO, Duration.ofHours(1));
            return this;
        }

        /** How often an operation may lose against other writers before it fails; at least 1. */
        public Builder maxConflicts(int value) {
            maxConflicts = inRange("maxConflicts", value, 1, Integer.MAX_VALUE);
            return this;
        }

        /** Changes an {@link Delivery#EVERY} listener may lag behind before it is reset; 256 to 1,048,576. */
        public Builder listenerBuffer(int value) {
            listenerBuffer = inRange("listenerBuffer", value, 256, 1 << 20);
            return this;
        }

        /** What the logs of topics keep that do not say so themselves ({@link Topic#withRetention}). */
        public Builder defaultRetention(TopicOptions.Retention value) {
            retention = Objects.requireNonNull(value, "retention");
            return this;
        }

        public SyncService build() {
            return new SyncService(
                    ServiceContext.create(
                            name,
                            backend,
                            codec == null ? Codec.json() : codec,
                            metrics,
                            tracing,
                            time,
                            new ServiceContext.Settings(
                                    timeout, shutdownGrace, maxConflicts, listenerBuffer, retention)),
                    ownsBackend);
        }

        private static Duration inRange(String name, Duration value, Duration min, Duration max) {
            if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
                throw new IllegalArgumentException(name + " must be from " + min + " to " + max + ", but is " + value);
            }
            return value;
        }

        private static int inRange(String name, int value, int min, int max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(name + " must be from " + min + " to " + max + ", but is " + value);
            }
            return value;
        }
    }
}
