package io.distsync.backend.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.SyncBackendConformance;
import io.distsync.backend.redis.RedisClusterFixture;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.redis.RedisCluster;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A real cluster of three masters, each with outboxes of its own, and a real Kafka. */
class KafkaOnClusterConformanceTest extends SyncBackendConformance {

    private static RedisCluster cluster;
    private static RedisClusterClient driver;
    private static EmbeddedKafka kafka;

    @BeforeAll
    static void start() {
        cluster = RedisCluster.start(3, Durability.ALWAYS);
        driver = RedisClusterClient.create(
                RedisURI.create("127.0.0.1", cluster.masters().get(0).port()));
        kafka = EmbeddedKafka.launch();
        assumeTrue(cluster.hasShardedChannels(), "the cluster is older than 7.0");
    }

    @AfterAll
    static void stop() {
        try {
            if (cluster.hasShardedChannels()) {
                awaitNothingWaiting();
            }
        } finally {
            driver.shutdown();
            kafka.close();
            cluster.close();
        }
    }

    /** Whatever the cases did: what was committed has been broadcast in the end, by whoever was there. */
    private static void awaitNothingWaiting() {
        SyncBackend last = connected(RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", 0)));
        try {
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(cluster.masters())
                            .allSatisfy(master -> assertThat(outboxes(master)).isEmpty()));
        } finally {
            last.close();
        }
    }

    private static List<?> outboxes(RedisServer master) {
        return (List<?>) Objects.requireNonNull(master.call("KEYS", "outbox*"));
    }

    @Override
    protected BackendFixture fixture() {
        return new RedisClusterFixture(cluster, driver, KafkaOnClusterConformanceTest::connected);
    }

    private static SyncBackend connected(RedisSyncBackend.Builder store) {
        KafkaSyncBackend backend = KafkaSyncBackend.builder(
                        store, Map.of("bootstrap.servers", kafka.bootstrapServers()))
                .build();
        KafkaStore.awaitFeed(backend);
        return backend;
    }
}
