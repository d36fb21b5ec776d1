package io.distsync.queue;

import io.distsync.version.Limits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How something is held.
 *
 * @param lease how long it stays with a holder who is not heard of
 * @param maximumHold after which it is lost though its holder lives; {@code null} for no such time
 */
public record Terms(Duration lease, @Nullable Duration maximumHold) {

    private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);

    public Terms {
        checkLease(lease);
        if (maximumHold != null
                && (maximumHold.isNegative() || maximumHold.isZero() || maximumHold.compareTo(Limits.MAX_LEASE) > 0)) {
            throw new IllegalArgumentException(
                    "the maximum hold must be positive and at most " + Limits.MAX_LEASE + ", but is " + maximumHold);
        }
    }

    /**
     * The lease, if it can be one.
     *
     * @throws IllegalArgumentException if it is shorter than 100 ms or longer than a year
     */
    public static Duration checkLease(Duration lease) {
        if (lease.compareTo(SHORTEST_LEASE) < 0 || lease.compareTo(Limits.MAX_LEASE) > 0) {
            throw new IllegalArgumentException(
                    "the lease must be from " + SHORTEST_LEASE + " to " + Limits.MAX_LEASE + ", but is " + lease);
        }
        return lease;
    }
}
