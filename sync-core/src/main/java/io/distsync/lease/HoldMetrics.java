package io.distsync.lease;

import java.time.Duration;

/**
 * Receives measurements of what is held on leases, such as locks, as they happen; what can be polled is in {@link HoldStatus}
 * instead. Methods are called on the threads that do the work, so they must be quick, must not block and must not throw.
 * Names are not told: there may be any number of them.
 */
public interface HoldMetrics {

    /** Measures nothing. */
    HoldMetrics NONE = new HoldMetrics() {};

    /** What asking came to. */
    enum Outcome {
        GRANTED,

        /** Others held it for as long as was to be waited. */
        BUSY,

        /** The store did not answer, or the recipe was closed. */
        FAILED
    }

    /** Somebody has asked, and this is what came of it. Not called for those who gave up, or were interrupted. */
    default void acquired(Outcome outcome, Duration waited) {}

    /** What was granted is not held any more, given back or lost, and the store has been told if it can be. */
    default void held(Duration elapsed) {}

    /** It was lost before it was given back. */
    default void lost(LossReason reason) {}
}
