package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.election.ElectionConformance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Elections on Redis. */
class RedisElectionConformanceTest extends ElectionConformance {

    @RegisterExtension
    static final Shared<RedisStore> STORE = new Shared<>(RedisStore::new);

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(STORE.get().fixture());
    }
}
