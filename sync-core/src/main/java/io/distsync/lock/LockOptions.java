package io.distsync.lock;

import io.distsync.queue.Terms;
import io.distsync.version.Limits;
import java.time.Duration;

/** How a lock is held. */
public final class LockOptions {

    private static final Duration SHORTEST_LEASE = Duration.ofMillis(100);
    private static final LockOptions DEFAULTS = new LockOptions(new Terms(Duration.ofSeconds(30), null), false);

    private final Terms terms;
    private final boolean shared;

    private LockOptions(Terms terms, boolean shared) {
        this.terms = terms;
        this.shared = shared;
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
        return new LockOptions(new Terms(value, terms.maximumHold()), shared);
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
        return new LockOptions(new Terms(terms.lease(), value), shared);
    }

    /**
     * The same, but the lock is shared with whoever asks for it in the same way, as readers do; an exclusive holder is alone.
     * Nobody overtakes: who asks after a waiting exclusive claim waits behind it.
     */
    public LockOptions shared() {
        return new LockOptions(terms, true);
    }

    boolean isShared() {
        return shared;
    }

    Terms terms() {
        return terms;
    }
}
