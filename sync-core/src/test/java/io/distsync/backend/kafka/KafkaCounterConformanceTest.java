package io.distsync.backend.kafka;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.backend.redis.RedisServiceFixture;
import io.distsync.counter.CounterConformance;
import io.distsync.testsupport.redis.RedisServer.Durability;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Counters on Kafka. */
class KafkaCounterConformanceTest extends CounterConformance {

    @RegisterExtension
    static final Shared<KafkaStore> STORE = new Shared<>(() -> new KafkaStore(Durability.NONE));

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(STORE.get().fixture());
    }
}
