package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.election.ElectionConformance;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Elections on Redis. */
class RedisElectionConformanceTest extends ElectionConformance {

    private static RedisServer server;
    private static RedisClient driver;

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
        return new RedisServiceFixture(new RedisFixture(server, driver));
    }
}
