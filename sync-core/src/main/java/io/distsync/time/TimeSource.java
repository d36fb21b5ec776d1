package io.distsync.time;

import java.time.Instant;

/** Where distsync reads the time. Both clocks run forward only; a jump of the wall clock does not show in them. */
public interface TimeSource {

    /** Monotonic nanoseconds from an arbitrary origin; only differences mean something. */
    long nanos();

    /** Milliseconds since 1970, anchored once at the start and carried on by the monotonic clock. */
    long epochMillis();

    /** {@link #epochMillis()} as an instant. */
    default Instant instant() {
        return Instant.ofEpochMilli(epochMillis());
    }

    /** A time source on the clocks of this machine. */
    static TimeSource system() {
        return new SystemTimeSource();
    }
}
