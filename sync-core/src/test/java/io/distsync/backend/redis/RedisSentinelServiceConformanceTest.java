package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.SyncServiceConformance;
import io.distsync.testsupport.redis.RedisSentinels;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The service by way of sentinels, which have failed over before. */
class RedisSentinelServiceConformanceTest extends SyncServiceConformance {

    private static RedisSentinels sentinels;
    private static RedisClient driver;

    @BeforeAll
    static void start() {
        sentinels = RedisSentinels.start(Durability.NONE);
        sentinels.failOver();
        driver = RedisFixture.driver();
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        sentinels.close();
    }

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(new RedisSentinelFixture(sentinels, driver));
    }
}
