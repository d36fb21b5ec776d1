package io.distsync.lock;

import io.distsync.queue.Terms;
import java.time.Duration;

/** How a lock is held. */
public final class LockOptions {

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
        return new LockOptions(new Terms(value, terms.maximumHold()), shared);
    }

    /**
     * The same, but the lock is lost after this time though its holder lives ({@link
     * io.distsync.lease.LossReason#MAXIMUM_HOLD}).
     *
     * @throws IllegalArgumentException if it is not positive, or longer than a year
     */
    public LockOptions withMaximumHold(Duration value) {
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
