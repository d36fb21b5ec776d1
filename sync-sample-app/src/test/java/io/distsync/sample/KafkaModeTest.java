package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.sample.EventClient.Event;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** Two nodes on one Redis and one Kafka, as browsers and load balancers see them. */
class KafkaModeTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void changeOnOneNodeArrivesAtTheStreamsOfTheOtherWithAndWithoutKafka() throws Exception {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                KafkaBroker kafka = EmbeddedKafka.launch();
                ConfigurableApplicationContext one = start(redis, kafka, "one");
                ConfigurableApplicationContext other = start(redis, kafka, "other");
                EventClient stream = apiOf(other).events()) {
            awaitHealth(one, "UP");
            awaitHealth(other, "UP");
            long before = apiOf(one).post("/api/state/increment").counter();
            assertThat(awaitCounter(stream, 1)).isEqualTo(before);
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
                assertThat(admin.listTopics().names().get())
                        .as("the topic of the state is declared by its type")
                        .contains("distsync-sample_x3A_stream_app_state", "distsync-sample_x3A_stream_shared");
            }

            kafka.stop();
            awaitHealth(one, "DEGRADED");
            awaitHealth(other, "DEGRADED");
            assertThat(sync(one).at("/details/broadcast/unreachableSince").isMissingNode())
                    .isFalse();
            assertThat(sync(one).at("/details/unreachableSince").isMissingNode())
                    .as("Redis answers")
                    .isTrue();
            assertThat(apiOf(one).post("/api/state/increment?by=10").counter()).isEqualTo(11);
            assertThat(awaitCounter(stream, 11)).isEqualTo(11);

            kafka.start();
            awaitHealth(one, "UP");
            awaitHealth(other, "UP");
            await().atMost(PATIENCE)
                    .until(() -> sync(one).at("/details/broadcast/pending").asLong() == 0);
            assertThat(apiOf(other).post("/api/state/increment").counter()).isEqualTo(12);
            await().atMost(PATIENCE).until(() -> apiOf(one).get("/api/state").counter() == 12);
            assertThat(apiOf(one).get("/actuator/prometheus").text())
                    .contains("\nsync_broadcast_pending_commits{")
                    .contains("\nsync_broadcast_unreachable_seconds{");
        }
    }

    @Test
    void nodesAreListedOneLeadsAndAnOldTokenIsRefused() {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                KafkaBroker kafka = EmbeddedKafka.launch();
                ConfigurableApplicationContext one = start(redis, kafka, "one");
                ConfigurableApplicationContext other = start(redis, kafka, "other")) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    apiOf(other).get("/api/nodes").json().at("/nodes"))
                            .hasSize(2)
                            .filteredOn(node -> !node.at("/leaderSince").isNull())
                            .hasSize(1));
            String old =
                    apiOf(one).post("/api/guarded/token").json().at("/token").asString();
            assertThat(apiOf(other).post("/api/guarded/write").status()).isEqualTo(200);
            assertThat(apiOf(one).post("/api/guarded/write?token=" + old).status())
                    .isEqualTo(409);
        }
    }

    @Test
    void nodeStartsWithoutKafkaAndSaysSo() {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                KafkaBroker kafka = EmbeddedKafka.launch()) {
            kafka.stop();
            try (ConfigurableApplicationContext context =
                    start(redis, kafka, "alone", "--sync.kafka.start-timeout=500ms")) {
                assertThat(apiOf(context).post("/api/state/increment").counter())
                        .isEqualTo(1);
                awaitHealth(context, "DEGRADED");
                kafka.start();
                awaitHealth(context, "UP");
            }
        }
    }

    @Test
    void otherModesLeaveKafkaAlone() {
        try (ConfigurableApplicationContext context = start("--sync.mode=local")) {
            apiOf(context).post("/api/state/increment");
            assertThat(apiOf(context)
                            .get("/actuator/health")
                            .json()
                            .at("/status")
                            .asString())
                    .isEqualTo("UP");
            assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .noneMatch(name -> name.startsWith("kafka-") && name.contains("client"));
        }
    }

    /** The counter of the first event that has at least this one. */
    private static long awaitCounter(EventClient stream, long counter) throws InterruptedException {
        Event event = stream.next();
        while (event.counter() < counter) {
            event = stream.next();
        }
        return event.counter();
    }

    private static void awaitHealth(ConfigurableApplicationContext context, String status) {
        await().atMost(PATIENCE)
                .until(() -> sync(context).at("/status").asString().equals(status));
    }

    private static JsonNode sync(ConfigurableApplicationContext context) {
        return apiOf(context).get("/actuator/health").json().at("/components/sync");
    }

    private static Api apiOf(ConfigurableApplicationContext context) {
        return new Api(Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port")));
    }

    private static ConfigurableApplicationContext start(
            RedisServer redis, KafkaBroker kafka, String node, String... more) {
        return start(Stream.concat(
                        Stream.of(
                                "--sync.mode=kafka",
                                "--sync.heartbeat=200ms",
                                "--sync.timeout=20s",
                                "--sync.health.down-after=1h",
                                "--spring.data.redis.host=127.0.0.1",
                                "--spring.data.redis.port=" + redis.port(),
                                "--spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                                "--sample.node=" + node),
                        Arrays.stream(more))
                .toArray(String[]::new));
    }

    private static ConfigurableApplicationContext start(String... arguments) {
        return new SpringApplication(SampleApplication.class)
                .run(Stream.concat(
                                Stream.of("--server.port=0", "--spring.main.banner-mode=off"), Arrays.stream(arguments))
                        .toArray(String[]::new));
    }
}
