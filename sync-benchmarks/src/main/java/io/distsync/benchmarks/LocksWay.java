package io.distsync.benchmarks;

import java.time.Duration;

/** How an application may lock across its processes. */
public enum LocksWay {
    SYNC_LOCKS("SyncLocks"),
    REDISSON_LOCK("Redisson RLock"),
    REDISSON_FAIR_LOCK("Redisson RFairLock"),
    BY_HAND("SET NX, then a script");

    private final String label;

    LocksWay(String label) {
        this.label = label;
    }

    /** What the tables call it. */
    String label() {
        return label;
    }

    /**
     * One more client.
     *
     * @param uri of the Redis server: {@code redis://host:port}
     * @param lease how long the lock of a holder who is not heard of stays taken
     */
    NamedLocks open(String uri, Duration lease) {
        return switch (this) {
            case SYNC_LOCKS -> new ServiceLocks(uri, lease);
            case REDISSON_LOCK -> RedissonLocks.plain(uri, lease);
            case REDISSON_FAIR_LOCK -> RedissonLocks.fair(uri, lease);
            case BY_HAND -> new ScriptLocks(uri, lease);
        };
    }
}
