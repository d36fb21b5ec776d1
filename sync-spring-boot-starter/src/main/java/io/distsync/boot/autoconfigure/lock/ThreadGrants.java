package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.SyncLockedGrants;
import io.distsync.lock.LockGrant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Remembers for each thread the grants of the methods it is in, outermost last. */
final class ThreadGrants implements SyncLockedGrants {

    @SuppressWarnings("ThreadLocalUsage") // one for each context, which has its own locks
    private final ThreadLocal<@Nullable Deque<LockGrant>> grants = new ThreadLocal<>();

    @Override
    public LockGrant current() {
        Deque<LockGrant> mine = grants.get();
        if (mine == null) {
            throw new IllegalStateException("this thread is in no @SyncLocked method");
        }
        return mine.element();
    }

    /** A further grant of that lock, if this thread holds it. */
    @Nullable
    LockGrant reenter(String name) {
        Deque<LockGrant> mine = grants.get();
        if (mine != null) {
            for (LockGrant grant : mine) {
                if (grant.name().equals(name) && grant.isValid()) {
                    return grant.reenter();
                }
            }
        }
        return null;
    }

    void push(LockGrant grant) {
        Deque<LockGrant> mine = grants.get();
        if (mine == null) {
            mine = new ArrayDeque<>();
            grants.set(mine);
        }
        mine.push(grant);
    }

    void pop() {
        Deque<LockGrant> mine = grants.get();
        if (mine != null) {
            mine.pop();
            if (mine.isEmpty()) {
                grants.remove();
            }
        }
    }
}
