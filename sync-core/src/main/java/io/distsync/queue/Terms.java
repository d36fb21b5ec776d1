package io.distsync.queue;

import io.distsync.lease.LeaseKeeper;
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

    public Terms {
        LeaseKeeper.checkLease("the lease", lease);
        if (maximumHold != null
                && (maximumHold.isNegative() || maximumHold.isZero() || maximumHold.compareTo(Limits.MAX_LEASE) > 0)) {
            throw new IllegalArgumentException(
                    "the maximum hold must be positive and at most " + Limits.MAX_LEASE + ", but is " + maximumHold);
        }
    }
}
