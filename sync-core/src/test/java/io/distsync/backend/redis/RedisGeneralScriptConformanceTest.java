package io.distsync.backend.redis;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.SyncBackendConformance;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The same without the script for the common case: the general one has to do all that it does. */
class RedisGeneralScriptConformanceTest extends SyncBackendConformance {

    private static RedisServer server;
    private static RedisClient driver;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.ALWAYS);
        driver = RedisFixture.driver();
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        server.close();
    }

    @Override
    protected BackendFixture fixture() {
        return new RedisFixture(server, driver, true);
    }
}
