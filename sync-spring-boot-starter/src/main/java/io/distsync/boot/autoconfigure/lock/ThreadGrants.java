package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.SyncLockedGrants;
import io.distsync.boot.autoconfigure.method.ThreadStack;
import io.distsync.lock.LockGrant;
import org.jspecify.annotations.Nullable;

/** Remembers for each thread the grants of the methods it is in. */
final class ThreadGrants implements SyncLockedGrants {

    private final ThreadStack<LockGrant> grants = new ThreadStack<>();

    @Override
    public LockGrant current() {
        return grants.mine().stream()
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("this thread is in no @SyncLocked method"));
    }

    /** A further grant of that lock, if this thread holds it. */
    @Nullable
    LockGrant reenter(String name) {
        return grants.mine().stream()
                .filter(grant -> grant.name().equals(name) && grant.isValid())
                .findFirst()
                .map(ThreadGrants::again)
                .orElse(null);
    }

    private static @Nullable LockGrant again(LockGrant grant) {
        try {
            return grant.reenter();
        } catch (IllegalStateException lostJustNow) {
            return null;
        }
    }

    void push(LockGrant grant) {
        grants.push(grant);
    }

    void pop() {
        grants.pop();
    }
}
