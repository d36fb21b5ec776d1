package io.distsync.benchmarks;

import io.distsync.SyncService;
import io.distsync.backend.Selection;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.lease.Release;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.lettuce.core.RedisURI;
import java.time.Duration;

/** What is measured: the locks of one service on one Redis backend. */
final class ServiceLocks implements NamedLocks {

    private static final String PREFIX = "lock:";
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final RedisSyncBackend backend;
    private final SyncService service;
    private final SyncLocks locks;

    ServiceLocks(String uri, Duration lease) {
        backend = RedisSyncBackend.builder(RedisURI.create(uri)).build();
        service = SyncService.using(backend);
        locks = SyncLocks.builder(service)
                .prefix(PREFIX)
                .defaults(LockOptions.defaults().withLease(lease))
                .build();
    }

    @Override
    public Hold take(String name) {
        LockGrant grant = locks.tryLock(name, PATIENCE).orElseThrow();
        return new Hold() {
            @Override
            public boolean isHeld() {
                return grant.isValid();
            }

            @Override
            public void release() {
                Checks.require("held until it is given back: " + name, grant.release() == Release.RELEASED);
            }
        };
    }

    /** The queue has holder and waiters. */
    @Override
    public boolean isFree(String name) {
        return backend.read(PREFIX + name, Selection.first("", 1))
                .toCompletableFuture()
                .join()
                .entries()
                .isEmpty();
    }

    @Override
    public void close() {
        locks.close();
        service.close();
        backend.close();
    }
}
