package io.distsync.lock;

import io.distsync.SyncService;
import io.distsync.error.NotAppliedException;
import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldStatus;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import io.distsync.queue.LeaseQueues;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Locks that hold in a whole cluster: at most one holder of a name at a time, first come, first served. A holder that
 * crashes loses its lock when the lease is over; one that lives renews it. Safe to share between threads.
 *
 * <pre>{@code
 * locks.withLock("order:42", Duration.ofSeconds(5), grant -> orders.ship(42, grant.token()));
 * }</pre>
 *
 * <p><b>What is promised.</b> By the clock of the store there is one holder at most, and a holder knows by its own
 * monotonic clock when it is not one any more, before the store grants the lock again ({@link LockGrant#isValid()}). Neither
 * holds if the store loses what it was told, or its clock jumps; and nothing here keeps a process that was paused from
 * going on where it was. What takes effect elsewhere has to check {@link LockGrant#token()}.
 *
 * <p>Names are those of topics, up to the length of the prefix. There may be any number of them: a
 * lock nobody wants costs the store nothing an hour later, and this process nothing when the garbage collector has run.
 */
public final class SyncLocks implements AutoCloseable {

    /*
     * Threads. Nothing is kept here; see LeaseQueues and Claim.
     */

    private static final Duration IDLE = Duration.ofHours(1);

    private final LeaseQueues queues;
    private final String owner;
    private final LockOptions defaults;

    private SyncLocks(Builder builder) {
        queues = new LeaseQueues(
                new LeaseQueues.Settings(
                        builder.service, "lock", builder.prefix, IDLE, builder.time, builder.scheduler),
                builder.metrics);
        owner = builder.owner;
        defaults = builder.defaults;
    }

    /** Locks of a service, with defaults. The service stays the caller's to close, after the locks. */
    public static SyncLocks using(SyncService service) {
        return builder(service).build();
    }

    /** Locks of a service, with settings. */
    public static Builder builder(SyncService service) {
        return new Builder(Objects.requireNonNull(service, "service"));
    }

    /**
     * Waits for the lock; {@link #tryLock(String, Duration, LockOptions)} with the defaults.
     */
    public Optional<LockGrant> tryLock(String name, Duration wait) {
        return tryLock(name, wait, defaults);
    }

    /**
     * Waits for the lock, for as long as {@code wait} and hardly longer.
     *
     * @param wait zero to take it only if it is free
     * @return the grant, to be closed; empty if others had it for all that time, as far as was known
     * @throws NotAppliedException if the store could not be asked in time, or the waiting thread was interrupted, whose flag
     *     stays set then; the lock is not held
     * @throws io.distsync.error.OutcomeUnknownException if the store did not answer; the lock is not held, but it may be
     *     taken until the lease is over
     * @throws IllegalArgumentException if the name is not one, or the wait is negative or longer than a year
     */
    public Optional<LockGrant> tryLock(String name, Duration wait, LockOptions options) {
        return queues.await(claim(name, wait, options), LockGrant::new);
    }

    /** {@link #tryLockAsync(String, Duration, LockOptions)} with the defaults. */
    public CompletableFuture<Optional<LockGrant>> tryLockAsync(String name, Duration wait) {
        return tryLockAsync(name, wait, defaults);
    }

    /**
     * {@link #tryLock(String, Duration, LockOptions)} without waiting. What depends on the future runs on threads made for it.
     * Whoever completes it otherwise, by cancelling or by a timeout, does not get the lock.
     */
    public CompletableFuture<Optional<LockGrant>> tryLockAsync(String name, Duration wait, LockOptions options) {
        return queues.whenGranted(claim(name, wait, options), LockGrant::new);
    }

    /**
     * Does something while holding the lock, and gives it back.
     *
     * @return what the action returns
     * @throws LockNotAcquiredException if others had the lock for as long as {@code wait}; the action was not called
     * @throws io.distsync.error.SyncException as {@link #tryLock(String, Duration)}; the action was not called
     */
    public <R> R withLock(String name, Duration wait, Function<? super LockGrant, ? extends R> action) {
        return withLock(name, wait, defaults, action);
    }

    /** {@link #withLock(String, Duration, Function)} with options. */
    public <R> R withLock(
            String name, Duration wait, LockOptions options, Function<? super LockGrant, ? extends R> action) {
        try (LockGrant grant = tryLock(name, wait, options)
                .orElseThrow(() -> new LockNotAcquiredException(
                        "others held lock '" + name + "' for as long as was to be waited: " + wait))) {
            return action.apply(grant);
        }
    }

    private Claim claim(String name, Duration wait, LockOptions options) {
        Objects.requireNonNull(options, "options");
        return queues.claim(name, wait, line -> new LockClaim(line, owner, options.isShared(), options.terms(), wait));
    }

    /** What is held here and waited for at this moment, by name; without a question to the store. */
    public List<HoldStatus> status() {
        return queues.status();
    }

    /** Gives back what is held here, and waits for the store to know, for five seconds at most. Who waits for a lock fails. */
    @Override
    public void close() {
        queues.close();
    }

    /** Settings of locks. */
    public static final class Builder {

        private final SyncService service;
        private String prefix = "lock:";
        private String owner = "";
        private LockOptions defaults = LockOptions.defaults();
        private TimeSource time = TimeSource.system();
        private HoldMetrics metrics = HoldMetrics.NONE;
        private @Nullable Scheduler scheduler;

        private Builder(SyncService service) {
            this.service = service;
        }

        /** Put before the name of a lock to get that of its topic; {@code lock:} if it is not set. */
        public Builder prefix(String value) {
            prefix = Objects.requireNonNull(value, "prefix");
            return this;
        }

        /** What others see of a holder: the host and the process, for example. At most 1,000 characters. */
        public Builder owner(String value) {
            owner = Contender.checkOwner(value);
            return this;
        }

        /** How locks are held that are asked for without saying so. */
        public Builder defaults(LockOptions value) {
            defaults = Objects.requireNonNull(value, "defaults");
            return this;
        }

        /** The clock that leases are judged by. */
        public Builder time(TimeSource value) {
            time = Objects.requireNonNull(value, "time");
            return this;
        }

        /** Receives measurements. */
        public Builder metrics(HoldMetrics value) {
            metrics = Objects.requireNonNull(value, "metrics");
            return this;
        }

        /** What keeps the time; stays the caller's to close. If not set, there is a thread for it. */
        public Builder scheduler(Scheduler value) {
            scheduler = Objects.requireNonNull(value, "scheduler");
            return this;
        }

        public SyncLocks build() {
            return new SyncLocks(this);
        }
    }
}
