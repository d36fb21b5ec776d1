package io.distsync.backend.kafka;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.backend.redis.RedisFixture;
import io.distsync.backend.redis.RedisServiceFixture;
import io.distsync.registry.RegistryConformance;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Registries on Kafka. */
class KafkaRegistryConformanceTest extends RegistryConformance {

    @RegisterExtension
    static final Shared<KafkaStore> STORE = new Shared<>(() -> new KafkaStore(Durability.NONE));

    private @Nullable RedisFixture fixture;

    @Override
    protected ServiceFixture createFixture() {
        RedisFixture made = STORE.get().fixture();
        fixture = made;
        return new RedisServiceFixture(made);
    }

    @Override
    protected void loseEverything(String topic) {
        Objects.requireNonNull(fixture).loseTopic(topic);
    }
}
