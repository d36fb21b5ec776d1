package io.distsync.backend.redis;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.SyncBackendConformance;
import io.distsync.testsupport.redis.RedisSentinels;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The SPI by way of sentinels; where a case restarts the store, they fail over. */
class RedisSentinelConformanceTest extends SyncBackendConformance {

    private static RedisSentinels sentinels;
    private static RedisClient driver;

    @BeforeAll
    static void start() {
        sentinels = RedisSentinels.start(Durability.NONE);
        driver = RedisFixture.driver();
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        sentinels.close();
    }

    @Override
    protected BackendFixture fixture() {
        return new RedisSentinelFixture(sentinels, driver);
    }
}
