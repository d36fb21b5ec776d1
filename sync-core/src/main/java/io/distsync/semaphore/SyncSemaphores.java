package io.distsync.semaphore;

import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldStatus;
import io.distsync.lease.LeaseKeeper;
import io.distsync.queue.Contender;
import io.distsync.queue.LeaseQueues;
import io.distsync.queue.Terms;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Semaphores that hold in a whole cluster.
 *
 * <pre>{@code
 * SyncSemaphore exports = semaphores.semaphore("exports", 4);
 * exports.withPermit(Duration.ofSeconds(10), permit -> export(order));
 * }</pre>
 *
 * <p>Names are those of topics, up to the length of the prefix. The store keeps a semaphore, with its number of permits, until
 * its topic is deleted.
 */
public final class SyncSemaphores implements AutoCloseable {

    /*
     * Threads. The map of semaphores is concurrent; everything else is in LeaseQueues and Claim.
     */

    /** As many permits as a semaphore can have: who takes one reads all that are held. */
    public static final int MAX_PERMITS = 500;

    private final LeaseQueues queues;
    private final LeaseQueues.Settings settings;
    private final String owner;
    private final Terms terms;
    private final ConcurrentHashMap<String, SyncSemaphore> semaphores = new ConcurrentHashMap<>();

    private SyncSemaphores(Builder builder) {
        settings = new LeaseQueues.Settings(
                builder.service, "semaphore", builder.prefix, null, builder.time, builder.scheduler);
        queues = new LeaseQueues(settings, builder.metrics);
        owner = builder.owner;
        terms = new Terms(builder.lease, null);
    }

    /** Semaphores of a service, with defaults. The service stays the caller's to close, after the semaphores. */
    public static SyncSemaphores using(SyncService service) {
        return builder(service).build();
    }

    /** Semaphores of a service, with settings. */
    public static Builder builder(SyncService service) {
        return new Builder(Objects.requireNonNull(service, "service"));
    }

    /**
     * The semaphore of that name. Does not touch the store.
     *
     * @param permits how many it has from its first use on, until it is resized; from 1 to {@link #MAX_PERMITS}. What the
     *     store has already counts, not this
     */
    public SyncSemaphore semaphore(String name, int permits) {
        requirePermits(permits, 1);
        return semaphores.computeIfAbsent(name, same -> {
            SyncMap<Contender> map = settings.service().map(settings.topic(name));
            return new SyncSemaphore(queues, map, name, owner, permits, terms);
        });
    }

    static void requirePermits(int permits, int min) {
        if (permits < min || permits > MAX_PERMITS) {
            throw new IllegalArgumentException(
                    "permits must be from " + min + " to " + MAX_PERMITS + ", but is " + permits);
        }
    }

    /** What is held here and waited for at this moment, by name; without a question to the store. */
    public List<HoldStatus> status() {
        return queues.status();
    }

    /** Gives back what is held here, and waits for the store to know, for five seconds at most. Who waits fails. */
    @Override
    public void close() {
        queues.close();
        semaphores.values().forEach(SyncSemaphore::close);
    }

    /** Settings of semaphores. */
    public static final class Builder {

        private final SyncService service;
        private String prefix = "semaphore:";
        private String owner = "";
        private Duration lease = Duration.ofSeconds(30);
        private TimeSource time = TimeSource.system();
        private HoldMetrics metrics = HoldMetrics.NONE;
        private @Nullable Scheduler scheduler;

        private Builder(SyncService service) {
            this.service = service;
        }

        /** Put before the name of a semaphore to get that of its topic; {@code semaphore:} if it is not set. */
        public Builder prefix(String value) {
            prefix = Objects.requireNonNull(value, "prefix");
            return this;
        }

        /** What others see of a holder: the host and the process, for example. At most 1,000 characters. */
        public Builder owner(String value) {
            owner = Contender.checkOwner(value);
            return this;
        }

        /**
         * How long permits stay with a holder who has crashed, or cannot reach the store; 30 seconds if it is not set.
         *
         * @throws IllegalArgumentException if it is shorter than 100 ms or longer than a year
         */
        public Builder lease(Duration value) {
            lease = LeaseKeeper.checkLease("the lease", value);
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

        public SyncSemaphores build() {
            return new SyncSemaphores(this);
        }
    }
}
