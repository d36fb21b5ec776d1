package io.distsync.testsupport.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.testsupport.redis.RedisServer.Durability;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

class RedisTopologiesTest {

    @Test
    void clusterSpreadsSlotsOverItsMastersAndSurvivesARestart() {
        try (RedisCluster cluster = RedisCluster.start(3, Durability.ALWAYS)) {
            int stored = 0;
            for (int i = 0; i < 60; i++) {
                stored += storedBy(cluster, "key" + i);
            }
            assertThat(stored).isEqualTo(60);
            assertThat(cluster.masters())
                    .allSatisfy(
                            master -> assertThat((Long) master.call("DBSIZE")).isPositive());

            RedisServer one = cluster.masters().get(0);
            Object before = one.call("DBSIZE");
            one.kill();
            one.start();
            one.await("cluster_state:ok", "CLUSTER", "INFO");

            assertThat(one.call("DBSIZE")).isEqualTo(before);
        }
    }

    /** How many masters take the key: the others say where it belongs. */
    private static int storedBy(RedisCluster cluster, String key) {
        int stored = 0;
        for (RedisServer master : cluster.masters()) {
            try {
                master.call("SET", key, "value");
                stored++;
            } catch (UncheckedIOException moved) {
                assertThat(moved).hasMessageContaining("MOVED");
            }
        }
        return stored;
    }

    @Test
    void replicaTakesOverWhenTheMasterIsKilled() {
        try (RedisSentinels sentinels = RedisSentinels.start(Durability.NONE)) {
            assertThat(sentinels.masterPort()).isEqualTo(sentinels.first().port());
            sentinels.first().call("SET", "key", "value");
            assertThat(sentinels.first().call("WAIT", "1", "5000")).isEqualTo(1L);

            sentinels.first().kill();
            sentinels.awaitMaster(sentinels.second());

            assertThat(sentinels.second().call("GET", "key")).isEqualTo("value");
            sentinels.second().call("SET", "key", "newer");
        }
    }
}
