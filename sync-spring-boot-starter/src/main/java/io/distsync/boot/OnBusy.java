package io.distsync.boot;

/** What becomes of a call of a {@link SyncLocked} method while others have the lock, or of a {@link LeaderOnly} method elsewhere. */
public enum OnBusy {

    /**
     * It throws {@link io.distsync.lock.LockNotAcquiredException} or {@link NotLeaderException}, or returns a stage that fails
     * with it.
     */
    THROW,

    /**
     * It returns without the method having been called: {@code null}, an empty {@code Optional}, or a stage completed with
     * {@code null}.
     */
    SKIP
}
