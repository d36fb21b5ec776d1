package io.distsync.counter;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.LastWords;
import io.distsync.lease.LeaseKeeper;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counters that hold in a whole cluster: of what has happened ({@link SyncCounter}), and of what is going on ({@link
 * LeasedCounter}). Names are those of topics, up to the length of the prefix.
 */
public final class SyncCounters implements AutoCloseable {

    /*
     * Threads. The maps are concurrent. A scheduler's thread keeps the time of leased counters.
     */

    /** Between the prefix and the name in the topics of leased counters. */
    private static final String LEASED = "leased:";

    private final SyncService service;
    private final String prefix;
    private final LeasedCounter.Settings settings;
    private final Scheduler scheduler;
    private volatile boolean closed;
    private final ConcurrentHashMap<String, SyncCounter> counters = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, LeasedCounter> leased = new ConcurrentHashMap<>();

    private SyncCounters(Builder builder) {
        service = builder.service;
        prefix = builder.prefix;
        scheduler = Scheduler.givenOrThreaded(builder.scheduler, "distsync-counters");
        settings = new LeasedCounter.Settings(builder.lease, builder.interval, builder.time, scheduler);
    }

    /** Counters of a service, with defaults. The service stays the caller's to close, after the counters. */
    public static SyncCounters using(SyncService service) {
        return builder(service).build();
    }

    /** Counters of a service, with settings. */
    public static Builder builder(SyncService service) {
        return new Builder(Objects.requireNonNull(service, "service"));
    }

    /**
     * The counter of that name. Does not touch the store.
     *
     * @throws IllegalArgumentException if the name begins with {@code leased:}, as the topics of leased counters do
     */
    public SyncCounter counter(String name) {
        if (name.startsWith(LEASED)) {
            throw new IllegalArgumentException(
                    "the name of a counter must not begin with '" + LEASED + "', but is '" + name + "'");
        }
        return counters.computeIfAbsent(
                name, same -> new SyncCounter(name, service.map(Topic.of(prefix + name, Long.class))));
    }

    /**
     * The leased counter of that name, which this node follows from then on. It has nothing to do with {@link #counter}. One
     * that was closed is closed for good here.
     *
     * @throws ServiceClosedException if the counters are closed
     */
    public LeasedCounter leased(String name) {
        requireOpen(name);
        LeasedCounter counter = leased.computeIfAbsent(
                name,
                same -> new LeasedCounter(name, service.map(Topic.of(prefix + LEASED + name, Long.class)), settings));
        if (closed) { // or close() sees it
            counter.close();
            requireOpen(name);
        }
        return counter;
    }

    private void requireOpen(String name) {
        if (closed) {
            throw new ServiceClosedException("the counters are closed; '" + name + "' was not touched");
        }
    }

    /** Takes back what this node has counted on leases, and waits for the store to know, for five seconds at most. */
    @Override
    public void close() {
        closed = true;
        CompletableFuture<?>[] begun =
                leased.values().stream().map(LeasedCounter::begin).toArray(CompletableFuture[]::new);
        LastWords.await(CompletableFuture.allOf(begun));
        leased.values().forEach(LeasedCounter::end);
        counters.values().forEach(SyncCounter::close);
        scheduler.close();
    }

    /** Settings of counters. */
    public static final class Builder {

        private final SyncService service;
        private String prefix = "counter:";
        private Duration lease = Duration.ofSeconds(15);
        private Duration interval = Duration.ofMillis(100);
        private TimeSource time = TimeSource.system();
        private @Nullable Scheduler scheduler;

        private Builder(SyncService service) {
            this.service = service;
        }

        /** Put before the name of a counter to get that of its topic; {@code counter:} if it is not set. */
        public Builder prefix(String value) {
            prefix = Objects.requireNonNull(value, "prefix");
            return this;
        }

        /**
         * How long what a crashed process has counted on a lease still counts; 15 seconds if it is not set.
         *
         * @throws IllegalArgumentException if it is shorter than 100 ms or longer than a year
         */
        public Builder lease(Duration value) {
            lease = LeaseKeeper.checkLease("the lease", value);
            return this;
        }

        /**
         * How often a leased counter tells others of changes, at most; 100 milliseconds if it is not set. What rises and falls
         * in between costs nothing.
         *
         * @throws IllegalArgumentException if it is negative or longer than a minute
         */
        public Builder interval(Duration value) {
            if (value.isNegative() || value.compareTo(Duration.ofMinutes(1)) > 0) {
                throw new IllegalArgumentException("the interval must be from 0 to a minute, but is " + value);
            }
            interval = value;
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

        public SyncCounters build() {
            return new SyncCounters(this);
        }
    }
}
