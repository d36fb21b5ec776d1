package io.distsync.semaphore;

import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.queue.Held;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Permits of a semaphore, one or as many as were asked for at once. They belong to whoever has this object, not to a thread:
 * any thread may use and close it.
 */
public final class Permit implements AutoCloseable {

    private final Held held;

    Permit(Held held) {
        this.held = held;
    }

    /** The semaphore. */
    public String name() {
        return held.name();
    }

    /**
     * Whether they are held for certain, by the monotonic clock of this process: false before the store may give them to
     * somebody else, and for ever then. Does not wait for anything.
     */
    public boolean isValid() {
        return held.isValid();
    }

    /** For how long they are valid if they are not renewed; zero if they are not valid. Renewal goes on by itself. */
    public Duration remaining() {
        return held.remaining();
    }

    /** Calls back once if they are lost, at once if they are lost already; not if they are given back. On a thread made for it. */
    public void onLost(Consumer<LossReason> callback) {
        held.onLost(callback);
    }

    /**
     * Gives them back and waits until the store has been told, for five seconds at most. Never throws; a second call gets
     * the first one's answer, and gives nothing back.
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
        return "permit of semaphore '" + name() + "'";
    }
}
