package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.SyncServiceConformance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The service on Redis. */
class RedisSyncServiceConformanceTest extends SyncServiceConformance {

    @RegisterExtension
    static final Shared<RedisStore> STORE = new Shared<>(RedisStore::new);

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(STORE.get().fixture());
    }
}
