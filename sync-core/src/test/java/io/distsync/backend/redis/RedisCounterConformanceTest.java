package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.counter.CounterConformance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Counters on Redis. */
class RedisCounterConformanceTest extends CounterConformance {

    @RegisterExtension
    static final Shared<RedisStore> STORE = new Shared<>(RedisStore::new);

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(STORE.get().fixture());
    }
}
