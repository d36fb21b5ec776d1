package io.distsync.backend.kafka;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.SyncBackendConformance;
import io.distsync.testsupport.redis.RedisServer.Durability;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class KafkaSyncBackendConformanceTest extends SyncBackendConformance {

    private static KafkaStore store;

    @BeforeAll
    static void start() {
        store = new KafkaStore(Durability.ALWAYS);
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @Override
    protected BackendFixture fixture() {
        return store.fixture();
    }
}
