package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.registry.RegistryConformance;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisClient;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Registries on Redis. */
class RedisRegistryConformanceTest extends RegistryConformance {

    private static RedisServer server;
    private static RedisClient driver;

    private @Nullable RedisFixture store;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.NONE);
        driver = RedisFixture.driver();
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        server.close();
    }

    @Override
    protected ServiceFixture createFixture() {
        RedisFixture made = new RedisFixture(server, driver);
        store = made;
        return new RedisServiceFixture(made);
    }

    @Override
    protected void loseEverything(String topic) {
        Objects.requireNonNull(store).loseTopic(topic);
    }
}
