package io.distsync.lock;

import io.distsync.version.Limits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How a lock is held. */
public final class LockOptions {

    private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);
    private static final LockOptions DEFAULTS = new LockOptions(Duration.ofSeconds(30), null);

    private final Duration lease;
    private final @Nullable Duration maximumHold;

    private LockOptions(Duration lease, @Nullable Duration maximumHold) {
        this.lease = lease;
        this.maximumHold = maximumHold;
    }

    /** A lease of 30 seconds that is renewed for as long as the lock is held. */
    public static LockOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The same with another lease: how long a lock stays with a holder who has crashed, or cannot reach the store.
     *
     * @throws IllegalArgumentException if it is shorter than 100 ms or longer than a year
     */
    public LockOptions withLease(Duration value) {
        if (value.compareTo(SHORTEST_LEASE) < 0 || value.compareTo(Limits.MAX_LEASE) > 0) {
            throw new IllegalArgumentException("the lease of a lock must be from " + SHORTEST_LEASE + " to "
                    + Limits.MAX_LEASE + ", but is " + value);
        }
        return new LockOptions(value, maximumHold);
    }

    /**
     * The same, but the lock is lost after this time though its holder lives ({@link
     * io.distsync.lease.LossReason#MAXIMUM_HOLD}).
     *
     * @throws IllegalArgumentException if it is not positive, or longer than a year
     */
    public LockOptions withMaximumHold(Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(Limits.MAX_LEASE) > 0) {
            throw new IllegalArgumentException("the maximum hold of a lock must be positive and at most "
                    + Limits.MAX_LEASE + ", but is " + value);
        }
        return new LockOptions(lease, value);
    }

    Duration lease() {
        return lease;
    }

    @Nullable
    Duration maximumHold() {
        return maximumHold;
    }
}
