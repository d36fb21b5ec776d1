package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.lock.LockConformance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Locks on Redis. */
class RedisLockConformanceTest extends LockConformance {

    @RegisterExtension
    static final Shared<RedisStore> STORE = new Shared<>(RedisStore::new);

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(STORE.get().fixture());
    }
}
