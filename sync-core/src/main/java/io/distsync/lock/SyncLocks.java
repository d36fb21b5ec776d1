package io.distsync.lock;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.error.NotAppliedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.Callbacks;
import io.distsync.lease.LeaseKeeper;
import io.distsync.lease.LossReason;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>Names are those of topics, up to the length of the prefix. A lock nobody wants costs the store nothing an hour later; this
 * process keeps about a kilobyte for each name it has used.
 */
public final class SyncLocks implements AutoCloseable {

    /*
     * Threads. A scheduler's thread keeps the time; callbacks of users run on threads made for them; everything else happens
     * on callers' and the service's threads. How many claims each line has is counted within the map's compute.
     */

    private static final Logger log = LoggerFactory.getLogger(SyncLocks.class);

    private static final Duration LAST_WORDS = Duration.ofSeconds(5);
    private static final Duration IDLE = Duration.ofHours(1);
    private static final Duration LONGEST_WAIT = Duration.ofDays(365);

    private final SyncService service;
    private final String prefix;
    private final Contender contender;
    private final LockOptions defaults;
    private final TimeSource time;
    private final Scheduler scheduler;
    private final boolean ownsScheduler;
    private final LeaseKeeper keeper;
    private final Callbacks callbacks;
    private final ConcurrentHashMap<String, Counted> lines = new ConcurrentHashMap<>();
    private final Set<Claim> claims = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private record Counted(Line line, int claims) {

        Counted and(int more) {
            return new Counted(line, claims + more);
        }
    }

    private SyncLocks(Builder builder) {
        service = builder.service;
        prefix = builder.prefix;
        contender = new Contender(builder.owner);
        defaults = builder.defaults;
        time = builder.time;
        ownsScheduler = builder.scheduler == null;
        scheduler = builder.scheduler == null ? Scheduler.threaded("distsync-locks") : builder.scheduler;
        keeper = new LeaseKeeper(time, scheduler);
        callbacks = new Callbacks("distsync-locks-callback");
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
     * @return the grant, to be closed; empty if others had it for all that time
     * @throws NotAppliedException if the store could not be asked in time, or the waiting thread was interrupted, whose flag
     *     stays set then; the lock is not held
     * @throws io.distsync.error.OutcomeUnknownException if the store did not answer; the lock is not held, but it may be
     *     taken until the lease is over
     * @throws IllegalArgumentException if the name is not one, or the wait is negative or longer than a year
     */
    public Optional<LockGrant> tryLock(String name, Duration wait, LockOptions options) {
        Claim claim = claim(name, wait, options);
        try {
            return claim.result().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            claim.giveUp();
            var unused = claim.result().thenAccept(SyncLocks::abandon);
            throw new NotAppliedException("interrupted while waiting for lock '" + name + "'", e);
        } catch (ExecutionException e) {
            throw raise(Objects.requireNonNull(e.getCause()));
        }
    }

    /**
     * {@link #tryLock(String, Duration, LockOptions)} without waiting. What depends on the future runs on threads made for it.
     * Whoever completes it otherwise, by cancelling or by a timeout, does not get the lock.
     */
    public CompletableFuture<Optional<LockGrant>> tryLockAsync(String name, Duration wait, LockOptions options) {
        Claim claim = claim(name, wait, options);
        CompletableFuture<Optional<LockGrant>> asked = new CompletableFuture<>();
        var unused = claim.result()
                .whenComplete((grant, failure) -> call(() -> {
                    if (failure != null) {
                        asked.completeExceptionally(failure);
                    } else if (!asked.complete(grant)) {
                        abandon(grant);
                    }
                }));
        var unusedToo = asked.whenComplete((grant, failure) -> claim.giveUp());
        return asked;
    }

    private static void abandon(Optional<LockGrant> grant) {
        grant.ifPresent(LockGrant::abandon);
    }

    /**
     * Does something while holding the lock, and gives it back.
     *
     * @return what the action returns
     * @throws LockNotAcquiredException if others had the lock for as long as {@code wait}; the action was not called
     */
    public <R> R withLock(String name, Duration wait, Function<? super LockGrant, ? extends R> action) {
        return withLock(name, wait, defaults, action);
    }

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
        if (wait.isNegative() || wait.compareTo(LONGEST_WAIT) > 0) {
            throw new IllegalArgumentException("wait must be from 0 to " + LONGEST_WAIT + ", but is " + wait);
        }
        Line line = enter(Limits.checkTopic(name));
        Claim claim = new Claim(this, line, options, wait);
        claims.add(claim);
        var unused = claim.gone().thenRun(() -> claims.remove(claim));
        if (closed) { // or close() sees the claim
            claim.notBegun();
            throw isClosed(name);
        }
        claim.begin();
        return claim;
    }

    /** Gives back what is held here, and waits for the store to know, for five seconds at most. Who waits for a lock fails. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        CompletableFuture<?>[] released =
                new HashSet<>(claims).stream().map(Claim::close).toArray(CompletableFuture[]::new);
        awaitQuietly(CompletableFuture.allOf(released), LAST_WORDS);
        keeper.close();
        if (ownsScheduler) {
            scheduler.close();
        }
        callbacks.close();
        lines.values().forEach(counted -> counted.line().map().close());
    }

    // --- for claims -------------------------------------------------------------------------------------------------

    /** The line of a lock, with one claim more. */
    private Line enter(String name) {
        return Objects.requireNonNull(lines.compute(
                        name, (same, counted) -> counted == null ? new Counted(open(name), 1) : counted.and(1)))
                .line();
    }

    /** A line that has claims has one more. */
    void stay(String name) {
        lines.computeIfPresent(name, (same, counted) -> counted.and(1));
    }

    private static ServiceClosedException isClosed(String name) {
        return new ServiceClosedException("the locks are closed; '" + name + "' was not touched");
    }

    private Line open(String name) {
        if (closed) {
            throw isClosed(name);
        }
        Topic<Contender> topic = Topic.of(prefix + name, Contender.class).withIdleExpiry(IDLE);
        return new Line(this, name, service.map(topic));
    }

    /** The line has one claim less. */
    void leave(String name) {
        lines.computeIfPresent(name, (same, counted) -> {
            if (counted.claims() > 1) {
                return counted.and(-1);
            }
            counted.line().map().close();
            return null;
        });
    }

    Contender contender() {
        return contender;
    }

    LeaseKeeper keeper() {
        return keeper;
    }

    long now() {
        return time.nanos();
    }

    Scheduler.Cancellable later(Duration delay, Runnable task) {
        return scheduler.schedule(task, delay);
    }

    void tell(Consumer<LossReason> callback, LossReason why) {
        call(() -> callback.accept(why));
    }

    /** Runs what may run code of users: never on a thread that others depend on, unless there is no other any more. */
    void call(Runnable task) {
        callbacks.run(task);
    }

    /** Waits for an answer that comes, at the latest when the service gives up. */
    static Release await(CompletableFuture<Release> release) {
        return awaitQuietly(release, LAST_WORDS) ? release.join() : Release.RELEASED;
    }

    /** An interrupt comes later. */
    private static boolean awaitQuietly(CompletableFuture<?> future, Duration atMost) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    future.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
                    return true;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException | TimeoutException e) {
                    log.debug("no answer of the store", e);
                    return false;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException raise(Throwable failure) {
        return failure instanceof RuntimeException unchecked
                ? unchecked
                : new NotAppliedException("the lock was not acquired", failure);
    }

    /** Settings of locks. */
    public static final class Builder {

        private final SyncService service;
        private String prefix = "lock:";
        private String owner = "";
        private LockOptions defaults = LockOptions.defaults();
        private TimeSource time = TimeSource.system();
        private @Nullable Scheduler scheduler;

        private Builder(SyncService service) {
            this.service = service;
        }

        /** Put before the name of a lock to get that of its topic; {@code lock:} if it is not set. */
        public Builder prefix(String value) {
            prefix = Objects.requireNonNull(value, "prefix");
            return this;
        }

        /** What others see of a holder: the host and the process, for example. */
        public Builder owner(String value) {
            owner = Objects.requireNonNull(value, "owner");
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
