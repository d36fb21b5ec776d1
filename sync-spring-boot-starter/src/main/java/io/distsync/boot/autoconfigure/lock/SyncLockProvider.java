package io.distsync.boot.autoconfigure.lock;

import io.distsync.lease.LeaseKeeper;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.time.Scheduler;
import java.time.Duration;
import java.util.Optional;
import net.javacrumbs.shedlock.core.AbstractSimpleLock;
import net.javacrumbs.shedlock.core.ExtensibleLockProvider;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.SimpleLock;

/**
 * Locks for ShedLock. They are held on a lease that is renewed, so a node that crashes does not keep one for all of {@code
 * lockAtMostFor}, and are given back when that is over. {@code lockAtLeastFor} holds though the node has ended.
 */
final class SyncLockProvider implements ExtensibleLockProvider, AutoCloseable {

    /*
     * Threads. The scheduler's ends locks whose time is over; a lock belongs to whoever has it.
     */

    private static final String PREFIX = "shedlock:";

    private final SyncLocks locks;
    private final MinimumHold minimumHold;
    private final Duration lease;
    private final Scheduler scheduler = Scheduler.threaded("distsync-shedlock");

    /** @param lease how long a lock stays with a node that has crashed, if it may be held for as long */
    SyncLockProvider(SyncLocks locks, MinimumHold minimumHold, Duration lease) {
        this.locks = locks;
        this.minimumHold = minimumHold;
        this.lease = lease;
    }

    @Override
    public Optional<SimpleLock> lock(LockConfiguration configuration) {
        String name = PREFIX + configuration.getName();
        return locks.tryLock(name, Duration.ZERO, options(configuration))
                .flatMap(granted -> minimumHold.begin(granted, configuration.getLockAtLeastFor()))
                .map(granted -> new Held(configuration, granted));
    }

    private LockOptions options(LockConfiguration configuration) {
        Duration most = configuration.getLockAtMostFor();
        Duration wanted = most.compareTo(lease) < 0 ? most : lease;
        return LockOptions.defaults()
                .withLease(wanted.compareTo(LeaseKeeper.SHORTEST_LEASE) < 0 ? LeaseKeeper.SHORTEST_LEASE : wanted);
    }

    @Override
    public void close() {
        scheduler.close();
    }

    private final class Held extends AbstractSimpleLock {

        private final LockGrant grant;
        private final Scheduler.Cancellable end;

        Held(LockConfiguration configuration, LockGrant grant) {
            super(configuration);
            this.grant = grant;
            this.end = scheduler.schedule(
                    () -> {
                        var unused = grant.releaseAsync();
                    },
                    configuration.getLockAtMostFor());
        }

        @Override
        protected void doUnlock() {
            end.cancel();
            grant.close();
        }

        @Override
        protected Optional<SimpleLock> doExtend(LockConfiguration extended) {
            if (!grant.isValid()) {
                return Optional.empty();
            }
            minimumHold.renew(grant.name(), extended.getLockAtLeastFor()); // if this fails, it ends as it would have
            end.cancel();
            return grant.isValid() ? Optional.of(new Held(extended, grant)) : Optional.empty();
        }
    }
}
