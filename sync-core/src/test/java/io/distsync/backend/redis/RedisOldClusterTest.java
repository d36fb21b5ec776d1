package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.Commit;
import io.distsync.backend.Mutation;
import io.distsync.backend.RequestId;
import io.distsync.backend.SyncBackend;
import io.distsync.error.RejectedException;
import io.distsync.testsupport.redis.RedisCluster;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A cluster older than 7.0; for {@code -Dsync.test.redis=<path of a 6.2>}. */
class RedisOldClusterTest {

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    @Test
    void clusterWithoutChannelsOfShardsIsRefusedBeforeAnythingIsWritten() {
        try (RedisCluster cluster = RedisCluster.start(3, Durability.NONE)) {
            assumeFalse(cluster.hasShardedChannels(), "the cluster is new enough");
            RedisURI seed =
                    RedisURI.create("127.0.0.1", cluster.masters().get(0).port());
            RedisClusterClient driver = RedisClusterClient.create(seed);
            try (SyncBackend backend = RedisSyncBackend.builder(driver, seed).build()) {
                Commit commit =
                        Commit.of("t", new RequestId(7, 1), Version.ABSENT, List.of(), List.of(Mutation.add("n", 1)));

                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(() -> assertThatThrownBy(() -> backend.commit(commit)
                                        .toCompletableFuture()
                                        .get())
                                .hasCauseInstanceOf(RejectedException.class)
                                .hasMessageContaining("7.0 or newer"));
                assertThat(backend.info().unreachableSince()).isNotNull();
            } finally {
                driver.shutdown();
            }
            assertThat(cluster.masters())
                    .allSatisfy(master -> assertThat(master.call("DBSIZE")).isEqualTo(0L));
        }
    }
}
