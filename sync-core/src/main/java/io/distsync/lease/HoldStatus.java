package io.distsync.lease;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What this node has to do with one lock, or with whatever else is held on leases; what others hold or wait for is not in it.
 *
 * @param grants what is held here, oldest first
 * @param waiting how many wait for it here, or have asked for it and have no answer yet
 */
public record HoldStatus(String name, List<Grant> grants, int waiting) {

    public HoldStatus {
        grants = List.copyOf(grants);
    }

    /**
     * What is held.
     *
     * @param remaining for how long it is valid if it is not renewed
     * @param since when it was granted, by the clock that leases are judged by
     */
    public record Grant(FencingToken token, Duration remaining, Instant since) {}
}
