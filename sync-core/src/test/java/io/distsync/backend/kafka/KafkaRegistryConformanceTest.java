package io.distsync.backend.kafka;

import io.distsync.ServiceFixture;
import io.distsync.backend.redis.RedisFixture;
import io.distsync.backend.redis.RedisServiceFixture;
import io.distsync.registry.RegistryConformance;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Registries on Kafka. */
class KafkaRegistryConformanceTest extends RegistryConformance {

    private static KafkaStore store;

    private @Nullable RedisFixture fixture;

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
        RedisFixture made = store.fixture();
        fixture = made;
        return new RedisServiceFixture(made);
    }

    @Override
    protected void loseEverything(String topic) {
        Objects.requireNonNull(fixture).loseTopic(topic);
    }
}
