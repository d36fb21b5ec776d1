package io.distsync.backend.redis;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisClient;

/** A real Redis for the tests of one class. */
final class RedisStore implements AutoCloseable {

    private final RedisServer server = RedisServer.start(Durability.NONE);
    private final RedisClient driver = RedisFixture.driver();

    /** Cases on it. */
    RedisFixture fixture() {
        return new RedisFixture(server, driver);
    }

    @Override
    public void close() {
        driver.shutdown();
        server.close();
    }
}
