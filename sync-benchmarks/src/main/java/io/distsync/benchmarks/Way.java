package io.distsync.benchmarks;

import io.distsync.benchmarks.HandWritten.Beginning;

/** How an application may keep one state for all its processes. */
public enum Way {
    OPTIMISTIC_UPDATE("optimisticUpdate"),
    OPTIMISTIC_UPDATE_FOLLOWED("optimisticUpdate, one handle open"),
    TWO_TRIPS("GET, then a script"),
    ONE_TRIP("one script"),
    ONE_TRIP_PUBLISHED("one script that publishes"),
    COMMIT_SCRIPT("the commit script by itself"),
    COMMIT_SCRIPT_FOLLOWED("the commit script by itself, one subscription"),
    REDISSON_LOCK("Redisson RLock"),
    REDISSON_COMPUTE("Redisson RMap.compute"),
    REDISSON_ATOMIC_LONG("Redisson RAtomicLong"),
    REDISSON_COMPARE_AND_SET("Redisson compareAndSet, RTopic"),
    HAZELCAST("Hazelcast executeOnKey");

    private final String label;

    Way(String label) {
        this.label = label;
    }

    /** What the tables call it. */
    String label() {
        return label;
    }

    /**
     * One more client of the state.
     *
     * @param uri of the Redis server: {@code redis://host:port}
     */
    SharedState open(String uri) {
        return switch (this) {
            case OPTIMISTIC_UPDATE -> OptimisticUpdate.on(uri);
            case OPTIMISTIC_UPDATE_FOLLOWED -> OptimisticUpdate.following(uri);
            case TWO_TRIPS -> HandWritten.beginningWith(Beginning.READ, uri);
            case ONE_TRIP -> HandWritten.beginningWith(Beginning.LAST_SEEN, uri);
            case ONE_TRIP_PUBLISHED -> HandWritten.publishing(uri);
            case COMMIT_SCRIPT -> new CommitScript(uri);
            case COMMIT_SCRIPT_FOLLOWED -> CommitScript.following(uri);
            case REDISSON_LOCK -> new Redisson.Locked(uri);
            case REDISSON_COMPUTE -> new Redisson.Computed(uri);
            case REDISSON_ATOMIC_LONG -> new Redisson.Counted(uri);
            case REDISSON_COMPARE_AND_SET -> new Redisson.Compared(uri);
            case HAZELCAST -> new Hazelcast();
        };
    }
}
