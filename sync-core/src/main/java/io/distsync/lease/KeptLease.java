package io.distsync.lease;

import io.distsync.SyncMap;
import io.distsync.backend.Lease;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A lease that a {@link LeaseKeeper} renews until it is lost or let go. It is valid as long as the store cannot have given
 * its entry away, judged by this process's monotonic clock from the moment before the last successful renewal was sent. Once
 * it is not valid, it never is again.
 */
public final class KeptLease {

    /*
     * Threads. The keeper's monitor guards everything that is not final; "validUntil" and "state" are volatile for those who
     * only look.
     */

    private enum State {
        KEPT,
        LET_GO,
        LOST
    }

    private final LeaseKeeper keeper;
    private final long number;
    private final SyncMap<?> map;
    private final Lease lease;
    private final long lengthNanos;
    private final Consumer<LossReason> onLost;
    private volatile State state = State.KEPT;
    private volatile long validUntil;
    private @Nullable LossReason reason;

    /** How often it was asked for since it was last renewed. */
    private int asked;

    /** When the keeper has to look at it next; the order of its queue. */
    private long due;

    KeptLease(
            LeaseKeeper keeper,
            long number,
            SyncMap<?> map,
            Lease lease,
            long lengthNanos,
            long sent,
            Consumer<LossReason> onLost) {
        this.keeper = keeper;
        this.number = number;
        this.map = map;
        this.lease = lease;
        this.lengthNanos = lengthNanos;
        this.onLost = onLost;
        this.validUntil = sent + lengthNanos;
    }

    /** Whether the entry certainly is this process's. Costs a look at the clock. */
    public boolean isValid() {
        if (state != State.KEPT) {
            return false;
        }
        if (!isOver(keeper.now())) {
            return true;
        }
        return !keeper.expire(this); // or it was renewed while we looked
    }

    /** For how long it is valid without a further renewal; zero when it is not. */
    public Duration remaining() {
        return isValid() ? Duration.ofNanos(Math.max(0, validUntil - keeper.now())) : Duration.ZERO;
    }

    /**
     * Ends the renewals; nothing is called any more.
     *
     * @return whether it was valid until now
     */
    public boolean letGo() {
        return isValid() && keeper.letGo(this);
    }

    /** Ends the renewals and tells whoever holds it; false if it was not valid any more. */
    public boolean lose(LossReason why) {
        return keeper.lose(this, why);
    }

    // --- for the keeper, under its monitor --------------------------------------------------------------------------

    boolean isKept() {
        return state == State.KEPT;
    }

    boolean isOver(long now) {
        return now - validUntil >= 0;
    }

    void asked() {
        asked++;
    }

    /** Whether it was asked for before, and there has been no answer. */
    boolean isAskedAgain() {
        return asked > 1;
    }

    /** A renewal that was sent then has succeeded. */
    void renewed(long sent) {
        asked = 0;
        if (sent + lengthNanos - validUntil > 0) {
            validUntil = sent + lengthNanos;
        }
    }

    void letGoNow() {
        state = State.LET_GO;
    }

    void loseNow(LossReason why) {
        reason = why;
        state = State.LOST;
    }

    void tell() {
        LossReason why = reason;
        if (why != null) {
            onLost.accept(why);
        }
    }

    SyncMap<?> map() {
        return map;
    }

    Lease lease() {
        return lease;
    }

    long lengthNanos() {
        return lengthNanos;
    }

    long validUntil() {
        return validUntil;
    }

    /** The order of the keeper's queue. */
    int compareDue(KeptLease other) {
        return due == other.due ? Long.compare(number, other.number) : Long.signum(due - other.due);
    }

    boolean isDue(long now) {
        return due - now <= 0;
    }

    long due() {
        return due;
    }

    void setDue(long nanos) {
        due = nanos;
    }
}
