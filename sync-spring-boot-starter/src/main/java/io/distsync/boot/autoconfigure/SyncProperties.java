package io.distsync.boot.autoconfigure;

import io.distsync.lease.LeaseKeeper;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings of the synchronisation service.
 *
 * @param enabled Whether to set up the synchronisation service. Without it there is no bean and no thread of it.
 * @param mode Where the state lives.
 * @param prefix Text put before every key, channel and Kafka topic, to keep applications on one store apart: at most 100
 *     characters of A-Z a-z 0-9 . _ - : and /. Not used in local mode.
 * @param timeout Deadline of an operation, retries included. From 1ms to 1d.
 * @param heartbeat Time between two checks of the connection and of the server's identity; a server that does not answer
 *     is noticed within three times this. From 10ms to 1m. Not used in local mode.
 * @param retention Number of changes the log of a topic keeps for followers that were away, unless the topic says
 *     otherwise. At least 256.
 * @param maxPayloadSize Largest payload of one commit. From 1KB to 512MB.
 * @param maxConflicts Number of times an operation may lose against other writers before it fails. At least 1.
 * @param shutdownGrace Time that operations under way and running listeners are given when the application stops. From
 *     0s to 1h.
 */
@ConfigurationProperties("sync")
public record SyncProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("local") SyncMode mode,
        @DefaultValue("") String prefix,
        @DefaultValue("5s") Duration timeout,
        @DefaultValue("1s") Duration heartbeat,
        @DefaultValue("1000") long retention,
        @DefaultValue("1MB") DataSize maxPayloadSize,
        @DefaultValue("1000") int maxConflicts,
        @DefaultValue("10s") Duration shutdownGrace,
        @DefaultValue Lease lease,
        @DefaultValue Lock lock,
        @DefaultValue Semaphore semaphore,
        @DefaultValue Counter counter,
        @DefaultValue Election election,
        @DefaultValue Registry registry,
        @DefaultValue Listener listener,
        @DefaultValue Health health,
        @DefaultValue Metrics metrics,
        @DefaultValue Observation observation,
        @DefaultValue Redis redis,
        @DefaultValue Kafka kafka,
        @DefaultValue CircuitBreaker circuitBreaker) {

    private static final int MAX_PREFIX_LENGTH = 100;
    private static final DataSize MIN_PAYLOAD = DataSize.ofKilobytes(1);
    private static final DataSize MAX_PAYLOAD = DataSize.ofMegabytes(512);

    public SyncProperties {
        requirePrefix(prefix);
        requireRange("sync.timeout", timeout, Duration.ofMillis(1), Duration.ofDays(1));
        requireRange("sync.heartbeat", heartbeat, Duration.ofMillis(10), Duration.ofMinutes(1));
        requireAtLeast("sync.retention", retention, Limits.MAX_MUTATIONS);
        if (maxPayloadSize.compareTo(MIN_PAYLOAD) < 0 || maxPayloadSize.compareTo(MAX_PAYLOAD) > 0) {
            throw new InvalidSyncPropertyException(
                    "sync.max-payload-size", maxPayloadSize, "must be from 1KB to 512MB");
        }
        requireAtLeast("sync.max-conflicts", maxConflicts, 1);
        if (redis.replicas() > 0 && redis.replicaTimeout().compareTo(heartbeat) > 0) {
            throw new InvalidSyncPropertyException(
                    "sync.redis.replica-timeout",
                    text(redis.replicaTimeout()),
                    "must be at most sync.heartbeat, which is " + text(heartbeat));
        }
        if (kafka.brokerWait().compareTo(timeout) >= 0) {
            throw new InvalidSyncPropertyException(
                    "sync.kafka.broker-wait",
                    text(kafka.brokerWait()),
                    "must be less than sync.timeout, which is " + text(timeout));
        }
        requireRange("sync.shutdown-grace", shutdownGrace, Duration.ZERO, Duration.ofHours(1));
    }

    /**
     * Refuses another mode than the one there are beans for: an application that is processed ahead of time gets those of the
     * mode that was set then.
     */
    void requireMode(SyncMode chosen) {
        if (mode != chosen) {
            throw new InvalidSyncPropertyException(
                    "sync.mode", mode, "must be " + chosen + ", as when the application was processed ahead of time");
        }
    }

    /**
     * Leases.
     *
     * @param sweep Time between two searches for expired entries; an expiry is noticed within its time to live and twice
     *     this. From 1ms to 1h.
     */
    public record Lease(@DefaultValue("500ms") Duration sweep) {

        public Lease {
            requireRange("sync.lease.sweep", sweep, Duration.ofMillis(1), Duration.ofHours(1));
        }
    }

    /**
     * Locks.
     *
     * @param lease Time after which a lock is free whose holder has crashed or cannot reach the store, unless the lock is
     *     asked for with another one. From 100ms to 365d.
     */
    public record Lock(@DefaultValue("30s") Duration lease) {

        public Lock {
            requireLease("sync.lock.lease", lease);
        }
    }

    /**
     * Semaphores.
     *
     * @param lease Time after which permits are free whose holder has crashed or cannot reach the store. From 100ms to 365d.
     */
    public record Semaphore(@DefaultValue("30s") Duration lease) {

        public Semaphore {
            requireLease("sync.semaphore.lease", lease);
        }
    }

    /**
     * Counters.
     *
     * @param lease Time for which what a crashed process has counted in a leased counter still counts. From 100ms to 365d.
     */
    public record Counter(@DefaultValue("15s") Duration lease) {

        public Counter {
            requireLease("sync.counter.lease", lease);
        }
    }

    /**
     * Elections.
     *
     * @param lease Time after which another leader is elected if one has crashed or cannot reach the store, unless the candidate
     *     says otherwise. From 100ms to 365d.
     */
    public record Election(@DefaultValue("15s") Duration lease) {

        public Election {
            requireLease("sync.election.lease", lease);
        }
    }

    /**
     * The registry of services.
     *
     * @param lease Time for which an instance is listed that has crashed, unless it is registered with another one. From 100ms
     *     to 365d.
     */
    public record Registry(@DefaultValue("15s") Duration lease) {

        public Registry {
            requireLease("sync.registry.lease", lease);
        }
    }

    /**
     * Listeners.
     *
     * @param buffer Number of changes a listener of every change may lag behind before it is reset. From 256 to 1048576.
     */
    public record Listener(@DefaultValue("1024") int buffer) {

        public Listener {
            requireRange("sync.listener.buffer", buffer, 256, 1 << 20);
        }
    }

    /**
     * Health.
     *
     * @param downAfter Time for which the store has to be unreachable before health says DOWN; until then it says
     *     DEGRADED. From 0s to 1d.
     */
    public record Health(@DefaultValue("10s") Duration downAfter) {

        public Health {
            requireRange("sync.health.down-after", downAfter, Duration.ZERO, Duration.ofDays(1));
        }
    }

    /**
     * Metrics.
     *
     * @param maxTopics Number of topics with meters of their own; all further ones share those of the topic "other". Also
     *     the number of services with meters of their own. From 0 to 10000.
     */
    public record Metrics(@DefaultValue("100") int maxTopics) {

        public Metrics {
            requireRange("sync.metrics.max-topics", maxTopics, 0, 10_000);
        }
    }

    /**
     * Observation.
     *
     * @param enabled Whether calls, commits and listeners are observed. If not set, they are where there is a tracer.
     */
    public record Observation(@Nullable Boolean enabled) {}

    /**
     * Redis mode.
     *
     * @param replicas Number of replicas that have to confirm a commit before it is acknowledged; fewer commits are lost in
     *     a fail-over then. From 0 to 100.
     * @param replicaTimeout Time that replicas are given to confirm; a commit that is not confirmed in time is repeated,
     *     and in the end reported as unknown. From 1ms to the heartbeat.
     */
    public record Redis(
            @DefaultValue("0") int replicas,
            @DefaultValue("500ms") Duration replicaTimeout) {

        public Redis {
            requireRange("sync.redis.replicas", replicas, 0, 100);
            requireRange("sync.redis.replica-timeout", replicaTimeout, Duration.ofMillis(1), Duration.ofMinutes(1));
        }
    }

    /**
     * Kafka mode.
     *
     * @param createTopics Whether Kafka topics that are missing are made. If not, a missing one ends the start.
     * @param partitions Number of partitions the Kafka topic that topics share is made with. From 1 to 10000.
     * @param replicationFactor Number of replicas Kafka topics are made with; 0 for what the brokers do by default. From 0
     *     to 32767.
     * @param retention Time for which Kafka topics that are made keep records; what the brokers do by default if it is not
     *     set. From 1ms to 36500d.
     * @param topics Names of topics that have a Kafka topic of their own, besides those the application declares. The same
     *     on every node.
     * @param brokerWait Time for which a commit waits for its broadcast before it is acknowledged; it is committed anyway.
     *     From 0s (it does not wait) to 5m, and less than the timeout.
     * @param startTimeout Time that brokers are given to answer at the start, so that unfit Kafka topics end it; if none
     *     answers, the application starts all the same. From 0s (they are not asked) to 5m.
     */
    public record Kafka(
            @DefaultValue("true") boolean createTopics,
            @DefaultValue("6") int partitions,
            @DefaultValue("0") int replicationFactor,
            @Nullable Duration retention,
            @DefaultValue Set<String> topics,
            @DefaultValue("0s") Duration brokerWait,
            @DefaultValue("5s") Duration startTimeout) {

        public Kafka {
            requireRange("sync.kafka.partitions", partitions, 1, 10_000);
            requireRange("sync.kafka.replication-factor", replicationFactor, 0, Short.MAX_VALUE);
            if (retention != null) {
                requireRange("sync.kafka.retention", retention, Duration.ofMillis(1), Duration.ofDays(36_500));
            }
            topics = Set.copyOf(topics);
            topics.forEach(Kafka::requireTopic);
            requireRange("sync.kafka.broker-wait", brokerWait, Duration.ZERO, Duration.ofMinutes(5));
            requireRange("sync.kafka.start-timeout", startTimeout, Duration.ZERO, Duration.ofMinutes(5));
        }

        private static void requireTopic(String name) {
            try {
                Limits.checkTopic(name);
            } catch (IllegalArgumentException e) {
                throw new InvalidSyncPropertyException(
                        "sync.kafka.topics",
                        name,
                        "must have names of topics only: 1 to 200 characters of A-Z a-z 0-9 . _ - : /");
            }
        }
    }

    /**
     * Circuit breaker around the store; needs resilience4j-circuitbreaker on the class path, and is not used in local mode.
     *
     * @param enabled Whether calls fail at once while the store has not answered for long.
     * @param openAfter Time for which the store has to leave every call without an answer before calls fail at once; the
     *     timeout if it is not set. From 0s to 1d.
     */
    public record CircuitBreaker(
            @DefaultValue("true") boolean enabled, @Nullable Duration openAfter) {

        public CircuitBreaker {
            if (openAfter != null) {
                requireRange("sync.circuit-breaker.open-after", openAfter, Duration.ZERO, Duration.ofDays(1));
            }
        }
    }

    private static void requirePrefix(String prefix) {
        String property = "sync.prefix";
        if (prefix.length() > MAX_PREFIX_LENGTH) {
            throw new InvalidSyncPropertyException(
                    property, prefix, "must have at most " + MAX_PREFIX_LENGTH + " characters");
        }
        if (!prefix.isEmpty()) {
            try {
                Limits.checkTopic(prefix);
            } catch (IllegalArgumentException e) {
                throw new InvalidSyncPropertyException(
                        property, prefix, "may have the characters A-Z a-z 0-9 . _ - : / only");
            }
        }
    }

    private static void requireLease(String property, Duration value) {
        requireRange(property, value, LeaseKeeper.SHORTEST_LEASE, Limits.MAX_LEASE);
    }

    private static void requireRange(String property, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new InvalidSyncPropertyException(
                    property, text(value), "must be from " + text(min) + " to " + text(max));
        }
    }

    private static void requireRange(String property, int value, int min, int max) {
        if (value < min || value > max) {
            throw new InvalidSyncPropertyException(property, value, "must be from " + min + " to " + max);
        }
    }

    private static void requireAtLeast(String property, long value, long min) {
        if (value < min) {
            throw new InvalidSyncPropertyException(property, value, "must be at least " + min);
        }
    }

    /** The duration as it would be configured. */
    private static String text(Duration value) {
        long millis = value.toMillis();
        if (millis == 0 || millis % 1_000 != 0) {
            return value.isZero() ? "0s" : millis + "ms";
        }
        if (millis % Duration.ofDays(1).toMillis() == 0) {
            return value.toDays() + "d";
        }
        if (millis % Duration.ofHours(1).toMillis() == 0) {
            return value.toHours() + "h";
        }
        return millis % Duration.ofMinutes(1).toMillis() == 0 ? value.toMinutes() + "m" : value.toSeconds() + "s";
    }
}
