package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.Shared;
import io.distsync.registry.RegistryConformance;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Registries on Redis. */
class RedisRegistryConformanceTest extends RegistryConformance {

    @RegisterExtension
    static final Shared<RedisStore> STORE = new Shared<>(RedisStore::new);

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
