package io.distsync.lock;

import io.distsync.lease.FencingToken;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.queue.Held;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A lock that was granted. It belongs to whoever has this object, not to a thread: any thread may use and close it.
 *
 * <p>While {@link #isValid()}, nobody else is granted the lock, as long as the store keeps what it was told and its clock
 * does not jump. Where that is not enough, and whatever takes effect outside of this process needs more, the {@link
 * #token()} is to be checked by what is protected.
 */
public final class LockGrant implements AutoCloseable {

    private final Held held;

    LockGrant(Held held) {
        this.held = held;
    }

    /** The lock. */
    public String name() {
        return held.name();
    }

    /** Larger than that of every holder before; the same for all grants that came of {@link #reenter()}. */
    public FencingToken token() {
        return held.token();
    }

    /**
     * Whether the lock is held for certain, by the monotonic clock of this process: false before the store may grant it to
     * somebody else, and for ever then. Does not wait for anything.
     */
    public boolean isValid() {
        return held.isValid();
    }

    /** For how long it is valid if it is not renewed; zero if it is not valid. Renewal goes on by itself. */
    public Duration remaining() {
        return held.remaining();
    }

    /**
     * Calls back once if the lock is lost, at once if it is lost already; not if it is given back. On a thread made for it:
     * a slow callback delays no other.
     */
    public void onLost(Consumer<LossReason> callback) {
        held.onLost(callback);
    }

    /**
     * Another grant of the same lock, with the same token, for a callee that closes its own: the lock is given back with
     * the last of them.
     *
     * @throws IllegalStateException if this one is not valid any more
     */
    public LockGrant reenter() {
        return new LockGrant(held.again());
    }

    /**
     * Gives it back and waits until the store has been told, for five seconds at most; not if a waiter of this node takes it
     * over, or if another grant of it is still open. Never throws; a second call gets the first one's answer.
     */
    public Release release() {
        return held.release();
    }

    /** The same without waiting; the future never fails, and what depends on it runs on threads made for it. */
    public CompletableFuture<Release> releaseAsync() {
        return held.releaseAsync();
    }

    /** {@link #release()}, for those who do not care about the answer. */
    @Override
    public void close() {
        Release unused = release();
    }

    @Override
    public String toString() {
        return held.toString();
    }
}
