package io.distsync.boot;

import io.distsync.lock.LockGrant;

/** Knows the grants that {@link SyncLocked} methods run with. Safe to share between threads. */
public interface SyncLockedGrants {

    /**
     * The grant the innermost {@link SyncLocked} method of this thread runs with. It is for looking only: whoever goes on in
     * another thread keeps it for the token, and does not close it.
     *
     * @throws IllegalStateException if this thread is in no such method
     */
    LockGrant current();
}
