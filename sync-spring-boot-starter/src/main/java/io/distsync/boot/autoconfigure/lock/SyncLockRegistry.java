package io.distsync.boot.autoconfigure.lock;

import io.distsync.error.NotAppliedException;
import io.distsync.lease.LeaseKeeper;
import io.distsync.lease.Release;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.version.Limits;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;
import org.springframework.integration.support.locks.DistributedLock;
import org.springframework.integration.support.locks.LockRegistry;

/**
 * Locks for Spring Integration, each owned by a thread, which may take it again and gives it back as often. The lease is
 * renewed by itself. Nothing is kept of a lock that is not held here, so there may be any number of keys.
 */
final class SyncLockRegistry implements LockRegistry<DistributedLock> {

    /*
     * Threads. What a thread holds is under a key with that thread in it, so no other ever touches it.
     */

    private static final String PREFIX = "integration:";

    /** What the names of the topics of locks begin with. */
    private static final String TOPICS = "lock:";

    private static final Duration LONGEST = Duration.ofDays(365);

    private final SyncLocks locks;
    private final Map<Owner, Holding> held = new ConcurrentHashMap<>();

    SyncLockRegistry(SyncLocks locks) {
        this.locks = locks;
    }

    @Override
    public DistributedLock obtain(Object lockKey) {
        return new OwnedLock(name(lockKey.toString()));
    }

    /** The key as it is, or a digest of it if it cannot be part of a name. */
    static String name(String key) {
        try {
            String name = PREFIX + key;
            Limits.checkTopic(TOPICS + name);
            return name;
        } catch (IllegalArgumentException e) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
                return PREFIX + "sha256:" + HexFormat.of().formatHex(digest);
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException("every Java has SHA-256", impossible);
            }
        }
    }

    private record Owner(String name, Thread thread) {}

    private record Holding(LockGrant grant, int times) {

        Holding and(int more) {
            return new Holding(grant, times + more);
        }
    }

    private final class OwnedLock implements DistributedLock {

        private final String name;

        OwnedLock(String name) {
            this.name = name;
        }

        @Override
        public void lock() {
            boolean unused = withoutInterrupts(LONGEST, null);
        }

        @Override
        public void lock(Duration ttl) {
            boolean unused = withoutInterrupts(LONGEST, options(ttl));
        }

        @Override
        public void lockInterruptibly() throws InterruptedException {
            boolean unused = withInterrupts(LONGEST, null);
        }

        @Override
        public boolean tryLock() {
            return withoutInterrupts(Duration.ZERO, null);
        }

        @Override
        public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
            return withInterrupts(Duration.ofNanos(unit.toNanos(time)), null);
        }

        @Override
        public boolean tryLock(Duration waitTime, Duration ttl) throws InterruptedException {
            return withInterrupts(waitTime, options(ttl));
        }

        /** Held for that long at most, and free as soon if this process crashes. */
        private static LockOptions options(Duration ttl) {
            return LockOptions.defaults()
                    .withLease(ttl.compareTo(LeaseKeeper.SHORTEST_LEASE) < 0 ? LeaseKeeper.SHORTEST_LEASE : ttl)
                    .withMaximumHold(ttl);
        }

        private boolean withInterrupts(Duration wait, @Nullable LockOptions options) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            try {
                return acquire(wait, options);
            } catch (NotAppliedException e) {
                if (e.getCause() instanceof InterruptedException && Thread.interrupted()) {
                    throw (InterruptedException) new InterruptedException(e.getMessage()).initCause(e);
                }
                throw e;
            }
        }

        private boolean withoutInterrupts(Duration wait, @Nullable LockOptions options) {
            boolean interrupted = Thread.interrupted();
            try {
                while (true) {
                    try {
                        return acquire(wait, options);
                    } catch (NotAppliedException e) {
                        if (!(e.getCause() instanceof InterruptedException)) {
                            throw e;
                        }
                        interrupted |= Thread.interrupted(); // and again, at the end of the queue
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private boolean acquire(Duration wait, @Nullable LockOptions options) {
            Owner owner = owner();
            Holding mine = held.get(owner);
            if (mine != null) {
                if (!mine.grant().isValid()) {
                    throw lost();
                }
                held.put(owner, mine.and(1));
                return true;
            }
            Duration bounded = wait.isNegative() ? Duration.ZERO : wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
            Optional<LockGrant> grant =
                    options == null ? locks.tryLock(name, bounded) : locks.tryLock(name, bounded, options);
            grant.ifPresent(granted -> held.put(owner, new Holding(granted, 1)));
            return grant.isPresent();
        }

        @Override
        public void unlock() {
            Owner owner = owner();
            Holding mine = held.get(owner);
            if (mine == null) {
                throw new IllegalMonitorStateException("lock '" + name + "' is not held by this thread");
            }
            if (mine.times() > 1) {
                held.put(owner, mine.and(-1));
                return;
            }
            held.remove(owner);
            if (mine.grant().release() == Release.ALREADY_LOST) {
                throw lost();
            }
        }

        private ConcurrentModificationException lost() {
            return new ConcurrentModificationException(
                    "lock '" + name + "' was lost; what it protects may have been changed by others");
        }

        private Owner owner() {
            return new Owner(name, Thread.currentThread());
        }

        @Override
        public Condition newCondition() {
            throw new UnsupportedOperationException("locks of a cluster have no conditions");
        }

        @Override
        public String toString() {
            return "lock '" + name + "'";
        }
    }
}
