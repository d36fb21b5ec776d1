package io.distsync;

import io.distsync.backend.LeaseRule;
import java.time.Duration;
import java.util.UUID;

/** What a write does to the lease of its entry. */
public final class LeaseOptions {

    private static final LeaseOptions KEEP = new LeaseOptions(LeaseRule.keep());
    private static final LeaseOptions NONE = new LeaseOptions(LeaseRule.none());

    private final LeaseRule rule;

    private LeaseOptions(LeaseRule rule) {
        this.rule = rule;
    }

    /** The entry keeps its lease, if it has one, with the time left. */
    public static LeaseOptions keep() {
        return KEEP;
    }

    /** The entry stays until it is deleted. */
    public static LeaseOptions none() {
        return NONE;
    }

    /** The entry expires after the time to live, unless it is written again. */
    public static LeaseOptions ttl(Duration ttl) {
        return lease(UUID.randomUUID().toString(), ttl);
    }

    /**
     * The entry expires after the time to live, unless {@link SyncMap#keepAlive} renews the lease of this id.
     *
     * @throws IllegalArgumentException if the id is empty or too long, or the time to live out of range
     */
    public static LeaseOptions lease(String id, Duration ttl) {
        return new LeaseOptions(LeaseRule.set(id, ttl));
    }

    LeaseRule rule() {
        return rule;
    }
}
