package io.distsync.counter;

import io.distsync.CommitBuilder;
import io.distsync.LeaseOptions;
import io.distsync.SyncMap;
import io.distsync.backend.Lease;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.KeptLease;
import io.distsync.lease.LastWords;
import io.distsync.lease.LeaseKeeper;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what is going on in a whole cluster, by key: calls under way by instance, users by room. What a node has added counts
 * for as long as the node is heard of; it is taken back when the node is closed, and when it crashed, after the lease. Safe to
 * share between threads.
 *
 * <p>In the store each node has one entry for each key it has added to, with its own share. So nodes never write the same entry,
 * and a share can be written again without counting twice. Adding and reading do no I/O: this node's own share counts at
 * once, others see it within the interval and the delay of the feed.
 */
public final class LeasedCounter implements AutoCloseable {

    /*
     * Threads. Callers add; the scheduler begins a round of writing, of which there is one at a time; its answer comes on a
     * thread of the service. The monitor guards the round and every change of a share; anybody reads the values. The store is
     * not called under it. What others have is written by the view's listener and read by anybody.
     */

    private static final Logger log = LoggerFactory.getLogger(LeasedCounter.class);

    private static final Duration RETRY = Duration.ofMillis(200);

    /** As many as are written in one round. */
    private static final int ROUND = Limits.MAX_MUTATIONS;

    private final String name;
    private final SyncMap<Long> map;
    private final Settings settings;
    private final LeaseKeeper keeper;
    private final String node = UUID.randomUUID().toString();
    private final OthersShares others = new OthersShares(node, this::compare);
    private final Subscription view;
    private final ConcurrentHashMap<String, Share> shares = new ConcurrentHashMap<>();

    /** The keys of shares that may have to be written, the longest first. */
    private final Set<String> dirty = new LinkedHashSet<>();

    private Scheduler.@Nullable Cancellable timer;
    private volatile long own;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private boolean writing;
    private boolean closed;

    record Settings(Duration lease, Duration interval, TimeSource time, Scheduler scheduler) {}

    /** What this node has added to one key. */
    private static final class Share {

        private final String entry;
        private final String lease = UUID.randomUUID().toString();
        private volatile long value;

        /** What the store has, unless it is unsure. */
        private long written;

        private boolean unsure;
        private @Nullable KeptLease kept;

        Share(String entry) {
            this.entry = entry;
        }

        boolean isWritten() {
            return value == written && !unsure;
        }
    }

    LeasedCounter(String name, SyncMap<Long> map, Settings settings) {
        this.name = name;
        this.map = map;
        this.settings = settings;
        this.keeper = new LeaseKeeper(settings.time(), settings.scheduler());
        this.view = map.follow(Scope.entries(), Version.ABSENT, others);
    }

    public String name() {
        return name;
    }

    /**
     * Adds to this node's share of a key; what comes of it is written soon.
     *
     * @param key at most 987 characters, may be empty
     * @throws IllegalArgumentException if the key is longer
     * @throws ArithmeticException if this node's share would be out of the range of a {@code long}; nothing was added
     * @throws ServiceClosedException if the counter is closed
     */
    public void add(String key, long delta) {
        String entry = Limits.checkKey(key + OthersShares.SEPARATOR + node);
        synchronized (this) {
            if (closed) {
                throw new ServiceClosedException("counter '" + name + "' is closed; nothing was added");
            }
            Share share = shares.computeIfAbsent(key, same -> new Share(entry));
            share.value = Math.addExact(share.value, delta);
            own += delta;
            dirty.add(key);
            writeSoon(settings.interval());
        }
    }

    /** The sum of all nodes' shares of that key, as far as they are known here; 0 if there is none. No I/O, and no garbage. */
    public long total(String key) {
        Share share = shares.get(key);
        return (share == null ? 0 : share.value) + others.total(key);
    }

    /** The sum of all keys; see {@link #total(String)}. */
    public long total() {
        return own + others.total();
    }

    // --- writing ----------------------------------------------------------------------------------------------------

    /** Under the monitor. */
    private void writeSoon(Duration delay) {
        if (!writing) {
            writing = true;
            timer = settings.scheduler().schedule(this::write, delay);
        }
    }

    private void write() {
        Map<String, Long> round = new HashMap<>();
        List<KeptLease> over = new ArrayList<>();
        synchronized (this) {
            timer = null;
            Iterator<String> keys = dirty.iterator();
            while (keys.hasNext() && round.size() < ROUND) {
                String key = keys.next();
                Share share = shares.get(key);
                keys.remove();
                if (share == null || share.isWritten()) {
                    forgetIfNothing(key, share);
                    continue;
                }
                share.unsure = true;
                round.put(key, share.value);
                if (share.value == 0 && share.kept != null) {
                    over.add(share.kept);
                    share.kept = null;
                }
            }
            if (round.isEmpty()) {
                writing = false;
                if (closed) {
                    ended.complete(null);
                }
                return;
            }
        }
        over.forEach(KeptLease::letGo);
        long sent = settings.time().nanos();
        try {
            var unused = map.commitAsync(commit -> round.forEach((key, value) -> put(commit, share(key), value)))
                    .whenComplete((outcome, failure) -> {
                        if (failure == null) {
                            written(round, sent);
                        } else {
                            notWritten(round, failure);
                        }
                    });
        } catch (RuntimeException e) {
            notWritten(round, e);
        }
    }

    /** One that is being written stays. */
    private Share share(String key) {
        return Objects.requireNonNull(shares.get(key));
    }

    private void put(CommitBuilder<Long> commit, Share share, long value) {
        if (value == 0) {
            commit.delete(share.entry);
        } else {
            commit.put(share.entry, value, LeaseOptions.lease(share.lease, settings.lease()));
        }
    }

    private synchronized void written(Map<String, Long> round, long sent) {
        round.forEach((key, value) -> {
            Share share = share(key);
            share.written = value;
            share.unsure = false;
            if (value != 0 && share.kept == null) {
                Lease lease = new Lease(map.topic().name(), share.entry, share.lease);
                share.kept = keeper.keep(map, lease, settings.lease(), sent, why -> lost(key, share));
            }
            forgetIfNothing(key, share);
        });
        writing = false;
        writeSoon(closed || round.size() == ROUND ? Duration.ZERO : settings.interval());
    }

    private void forgetIfNothing(String key, @Nullable Share share) {
        if (share != null && share.value == 0 && share.isWritten()) {
            shares.remove(key, share);
        }
    }

    /** What is not known to be written is written again: a share is a value, not a step. */
    private synchronized void notWritten(Map<String, Long> round, Throwable failure) {
        log.debug("counter '{}': the shares of this node were not written, trying again", name, failure);
        dirty.addAll(round.keySet());
        writing = false;
        if (closed) {
            ended.complete(null);
        } else {
            writeSoon(RETRY);
        }
    }

    /** The store does not have it any more, though it still counts here. */
    private synchronized void lost(String key, Share share) {
        share.kept = null;
        doubt(key, share);
    }

    /** The store has begun anew with this, as far as this node is concerned. */
    private synchronized void compare(Map<String, Long> stored) {
        shares.forEach((key, share) -> {
            if (stored.getOrDefault(share.entry, 0L) != share.written) {
                doubt(key, share);
            }
        });
    }

    private void doubt(String key, Share share) {
        share.unsure = true;
        dirty.add(key);
        writeSoon(settings.interval());
    }

    /** Takes back what this node has added, and waits for the store to know, for five seconds at most. Never throws. */
    @Override
    public void close() {
        LastWords.await(begin());
        end();
    }

    /** Begins to close it. */
    CompletableFuture<Void> begin() {
        synchronized (this) {
            if (!closed) {
                closed = true;
                shares.forEach((key, share) -> {
                    share.value = 0;
                    dirty.add(key);
                });
                own = 0;
                if (timer != null) { // not in an interval, but now
                    timer.cancel();
                    timer = null;
                    writing = false;
                }
                writeSoon(Duration.ZERO);
            }
        }
        return ended;
    }

    void end() {
        keeper.close();
        view.close();
        map.close();
    }
}
