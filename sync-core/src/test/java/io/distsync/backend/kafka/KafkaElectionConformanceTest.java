package io.distsync.backend.kafka;

import io.distsync.ServiceFixture;
import io.distsync.backend.redis.RedisServiceFixture;
import io.distsync.election.ElectionConformance;
import io.distsync.testsupport.redis.RedisServer.Durability;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Elections on Kafka. */
class KafkaElectionConformanceTest extends ElectionConformance {

    private static KafkaStore store;

    @BeforeAll
    static void start() {
        store = new KafkaStore(Durability.NONE);
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(store.fixture());
    }
}
