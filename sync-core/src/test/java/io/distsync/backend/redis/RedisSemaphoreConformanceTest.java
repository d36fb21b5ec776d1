package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.semaphore.SemaphoreConformance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Semaphores on Redis. */
class RedisSemaphoreConformanceTest extends SemaphoreConformance {

    @RegisterExtension
    static final Shared<RedisStore> STORE = new Shared<>(RedisStore::new);

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(STORE.get().fixture());
    }
}
