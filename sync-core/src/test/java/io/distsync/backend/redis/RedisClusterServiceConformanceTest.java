package io.distsync.backend.redis;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.ServiceFixture;
import io.distsync.SyncServiceConformance;
import io.distsync.testsupport.redis.RedisCluster;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The service on a cluster. */
class RedisClusterServiceConformanceTest extends SyncServiceConformance {

    private static RedisCluster cluster;
    private static RedisClusterClient driver;

    @BeforeAll
    static void start() {
        cluster = RedisCluster.start(3, Durability.NONE);
        driver = RedisClusterClient.create(
                RedisURI.create("127.0.0.1", cluster.masters().get(0).port()));
        assumeTrue(cluster.hasShardedChannels(), "the cluster is older than 7.0");
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        cluster.close();
    }

    @Override
    protected ServiceFixture createFixture() {
        return new RedisServiceFixture(new RedisClusterFixture(cluster, driver));
    }
}
