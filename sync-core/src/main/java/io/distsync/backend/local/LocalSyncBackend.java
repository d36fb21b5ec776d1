package io.distsync.backend.local;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.support.Follower;
import io.distsync.backend.support.TopicStore;
import io.distsync.error.ServiceClosedException;
import io.distsync.error.SyncException;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps every topic in the memory of this process; what it holds ends with it. Payloads stay objects and are never
 * serialised. Every stage it returns is already complete.
 *
 * <p>Several services may share one backend: they then behave like nodes on one store.
 */
public final class LocalSyncBackend implements SyncBackend {

    /*
     * Threads. Callers do all the work, each topic under its own monitor (LocalTopic). The scheduler's thread sweeps
     * the topics in `watched`, those with leases, ages or idle times; it runs only while there are any. No thread holds
     * two topic monitors at once.
     */

    private final TimeSource time;
    private final Scheduler scheduler;
    private final Duration sweepInterval;
    private final BackendInfo info;
    private final ConcurrentHashMap<String, LocalTopic> topics = new ConcurrentHashMap<>();
    private final Map<String, LocalTopic> watched = new ConcurrentHashMap<>();
    private final Set<Follower> followers = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean sweeping = new AtomicBoolean();

    /** The highest epoch of a dropped topic, 0 if none was dropped: a topic that returns must be newer. */
    private final AtomicLong droppedEpoch = new AtomicLong();

    private volatile boolean closed;

    private LocalSyncBackend(Builder builder) {
        time = builder.time;
        scheduler = Scheduler.givenOrThreaded(builder.scheduler, "distsync-local-sweeper");
        sweepInterval = builder.sweepInterval;
        info = new BackendInfo(
                "local", false, builder.maxPayloadBytes, null, Map.of("durability", "none: memory of this process"));
    }

    /** A backend with defaults. */
    public static LocalSyncBackend create() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        return attempt(() -> existing(topic, new Page(Version.ABSENT, List.of(), false), it -> it.read(selection)));
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        requireSmall(commit);
        if (closed) {
            return closed();
        }
        try {
            return CompletableFuture.completedFuture(apply(commit));
        } catch (SyncException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public Version foresee(Version head, Commit commit, int mutation) {
        return TopicStore.foresee(head, commit, mutation);
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit of a history page must be positive, but is " + limit);
        }
        return attempt(() -> existing(topic, nothing(after), it -> it.history(after, limit)));
    }

    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        if (closed) {
            throw new ServiceClosedException("the backend is closed; topic '" + topic + "' is not followed");
        }
        Follower follower = new Follower(
                topic,
                after,
                scope,
                listener,
                selection -> read(topic, selection),
                (position, limit) -> history(topic, position, limit),
                scheduler);
        inTopic(topic, it -> {
            it.add(follower, scope);
            return it;
        });
        followers.add(follower);
        if (closed) {
            follower.close(); // close() may have passed over the set before this one was in it
        }
        follower.start();
        follower.connected();
        return () -> {
            followers.remove(follower);
            existing(topic, false, it -> {
                it.remove(follower, scope);
                return it.dropIfUnused() && topics.remove(topic, it);
            });
            follower.close();
        };
    }

    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        return attempt(() -> {
            List<Lease> gone = new ArrayList<>();
            for (Lease lease : leases) {
                if (!existing(lease.topic(), false, it -> it.keepAlive(lease.key(), lease.id()))) {
                    gone.add(lease);
                }
            }
            return gone;
        });
    }

    @Override
    public BackendInfo info() {
        return info;
    }

    @Override
    public void close() {
        closed = true;
        scheduler.close();
        followers.forEach(Follower::close);
        followers.clear();
    }

    // --- topics -----------------------------------------------------------------------------------------------------

    private CommitResult apply(Commit commit) {
        while (true) {
            LocalTopic topic = topic(commit.topic());
            boolean watch;
            CommitResult result;
            synchronized (topic) {
                if (topic.isDropped()) {
                    continue;
                }
                result = topic.commit(commit);
                watch = topic.dependsOnTime() && topic.markWatched(true);
            }
            if (watch) {
                watch(commit.topic(), topic);
            }
            return result;
        }
    }

    /** Works on the topic, which is created if it does not exist. */
    private <R> R inTopic(String name, Function<LocalTopic, R> work) {
        while (true) {
            LocalTopic topic = topic(name);
            synchronized (topic) {
                if (!topic.isDropped()) {
                    return work.apply(topic);
                }
            }
        }
    }

    /** Works on the topic, or returns what stands for a topic that does not exist. */
    private <R> R existing(String name, R otherwise, Function<LocalTopic, R> work) {
        LocalTopic topic = topics.get(name);
        if (topic == null) {
            Limits.checkTopic(name);
            return otherwise;
        }
        synchronized (topic) {
            return topic.isDropped() ? otherwise : work.apply(topic);
        }
    }

    /** The topic, which is created if it does not exist. */
    private LocalTopic topic(String name) {
        LocalTopic existing = topics.get(name);
        if (existing != null) {
            return existing;
        }
        Limits.checkTopic(name);
        return topics.computeIfAbsent(name, absent -> {
            long dropped = droppedEpoch.get();
            long epoch = Math.max(time.epochMillis(), dropped + 1);
            return new LocalTopic(absent, epoch, dropped == 0 ? Version.ABSENT : new Version(epoch, 0, 0), time);
        });
    }

    private static History nothing(Version after) {
        return after.isAbsent()
                ? new History.Changes(List.of(), Version.ABSENT)
                : new History.Gone(Version.ABSENT, Version.ABSENT);
    }

    private void requireSmall(Commit commit) {
        List<Mutation> mutations = commit.mutations();
        long known = 0;
        for (int i = 0; i < mutations.size(); i++) {
            Payload payload = mutations.get(i).payload();
            known += payload == null ? 0 : Math.max(0, payload.knownSize());
        }
        if (known > info.maxPayloadBytes()) {
            throw new IllegalArgumentException("payloads of a commit may have at most " + info.maxPayloadBytes()
                    + " bytes, but this one for topic '" + commit.topic() + "' has " + known);
        }
    }

    private <R> CompletionStage<R> attempt(Supplier<R> work) {
        if (closed) {
            return closed();
        }
        try {
            return CompletableFuture.completedFuture(work.get());
        } catch (SyncException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static <R> CompletionStage<R> closed() {
        return CompletableFuture.failedFuture(new ServiceClosedException("the backend is closed"));
    }

    // --- sweeping ---------------------------------------------------------------------------------------------------

    private void watch(String name, LocalTopic topic) {
        watched.put(name, topic);
        scheduleSweep();
    }

    private void scheduleSweep() {
        if (!closed && !watched.isEmpty() && sweeping.compareAndSet(false, true)) {
            scheduler.schedule(this::sweep, sweepInterval);
        }
    }

    private void sweep() {
        watched.forEach(this::sweep);
        sweeping.set(false);
        scheduleSweep();
    }

    /** Sweeps one topic in bounded steps, so that its callers wait for no more than one of them. */
    private void sweep(String name, LocalTopic topic) {
        boolean more = true;
        while (more && !closed) {
            synchronized (topic) {
                more = topic.sweep();
            }
        }
        synchronized (topic) {
            if (topic.dropIfIdle()) {
                droppedEpoch.accumulateAndGet(topic.head().epoch(), Math::max);
                topics.remove(name, topic);
            }
            if (topic.isDropped() || !topic.dependsOnTime()) {
                topic.markWatched(false);
                watched.remove(name, topic);
            }
        }
    }

    /** Settings of a local backend. */
    public static final class Builder {

        private TimeSource time = TimeSource.system();
        private @Nullable Scheduler scheduler;
        private Duration sweepInterval = Duration.ofMillis(500);
        private int maxPayloadBytes = Limits.DEFAULT_MAX_PAYLOAD_BYTES;

        private Builder() {}

        /** The store's clock. */
        public Builder time(TimeSource value) {
            time = Objects.requireNonNull(value, "time");
            return this;
        }

        /** What runs the sweeps; stays the caller's to close. If not set, the backend has a thread of its own. */
        public Builder scheduler(Scheduler value) {
            scheduler = Objects.requireNonNull(value, "scheduler");
            return this;
        }

        /** How often due entries are looked for; an expiry is a change within its time to live and twice this. */
        public Builder sweep(Duration interval) {
            if (interval.compareTo(Duration.ofMillis(1)) < 0 || interval.compareTo(Duration.ofHours(1)) > 0) {
                throw new IllegalArgumentException("sweep must be from 1 ms to 1 hour, but is " + interval);
            }
            sweepInterval = interval;
            return this;
        }

        /** Bound of the payload bytes in one commit, for payloads that are bytes. */
        public Builder maxPayloadBytes(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("maxPayloadBytes must be positive, but is " + value);
            }
            maxPayloadBytes = value;
            return this;
        }

        public LocalSyncBackend build() {
            return new LocalSyncBackend(this);
        }
    }
}
