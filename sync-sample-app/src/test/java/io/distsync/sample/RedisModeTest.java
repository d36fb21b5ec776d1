package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.sample.Api.Answer;
import io.distsync.sample.EventClient.Event;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;

/** Two nodes on one Redis, as browsers and load balancers see them. */
class RedisModeTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void changeOnOneNodeArrivesAtTheStreamsOfTheOtherAlsoAfterRedisWasKilled() throws Exception {
        try (RedisServer redis = RedisServer.start(Durability.ALWAYS);
                ConfigurableApplicationContext one = start(redis, "one");
                ConfigurableApplicationContext other = start(redis, "other");
                EventClient stream = apiOf(other).events()) {
            awaitHealth(other, "UP");
            long before = apiOf(one).post("/api/state/increment").counter();
            assertThat(awaitCounter(stream, 1)).isEqualTo(before);

            redis.kill();
            awaitHealth(one, "DEGRADED");
            awaitHealth(other, "DEGRADED");
            assertThat(apiOf(other).get("/api/state").counter())
                    .as("what the other node still knows")
                    .isEqualTo(1);

            redis.start();
            awaitHealth(one, "UP");
            assertThat(apiOf(one).post("/api/state/increment?by=10").counter()).isEqualTo(11);
            assertThat(awaitCounter(stream, 11)).isEqualTo(11);
            awaitHealth(other, "UP");
            assertThat(apiOf(other).post("/api/state/increment").counter()).isEqualTo(12);
            await().atMost(PATIENCE).until(() -> apiOf(one).get("/api/state").counter() == 12);
        }
    }

    @Test
    void nodeStartsWithoutRedisAndSaysSo() {
        try (RedisServer redis = RedisServer.start(Durability.NONE)) {
            redis.kill();
            try (ConfigurableApplicationContext context = start(redis, "alone")) {
                awaitHealth(context, "DEGRADED");
                Answer state = apiOf(context).get("/api/state");
                assertThat(state.status()).isEqualTo(200);
                assertThat(state.json().at("/status").asString()).isEqualTo("RESYNCING");
                redis.start();
                awaitHealth(context, "UP");
                assertThat(apiOf(context).post("/api/state/increment").counter())
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void nodesAreListedAndAnotherLeadsWhenTheLeaderStops() throws Exception {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                ConfigurableApplicationContext other = start(redis, "other");
                EventClient stream = apiOf(other).events()) {
            awaitLeader(other, "other");
            try (ConfigurableApplicationContext one = start(redis, "one")) {
                awaitNodes(one, "one", "other");
                awaitNodes(other, "one", "other");
                awaitLeader(one, "other");

                apiOf(other).post("/api/nodes/resign");
                awaitLeader(one, "one");
                awaitLeader(other, "one");

                one.getBean(Cluster.class).stop();
                awaitLeader(other, "other");
                await().atMost(PATIENCE)
                        .until(() -> node(other, "one")
                                .map(node -> node.at("/status").asString())
                                .equals(Optional.of("DRAINING")));
            }
            awaitNodes(other, "other");
            awaitLeader(other, "other");
            JsonNode told = stream.nextNodes().json();
            while (told.at("/nodes").size() != 2) {
                told = stream.nextNodes().json();
            }
            while (told.at("/nodes").size() != 1 || !leads(told.at("/nodes/0"))) {
                told = stream.nextNodes().json();
            }
        }
    }

    @Test
    void leaderThatIsClosedIsFollowedAndItsLockHandedOver() {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                ConfigurableApplicationContext other = start(redis, "other")) {
            String first;
            try (ConfigurableApplicationContext one = start(redis, "one")) {
                awaitNodes(one, "one", "other");
                apiOf(other).post("/api/nodes/resign");
                awaitLeader(other, "one");

                apiOf(one).post("/api/lock/hold?seconds=60");
                awaitLock(other, "one", "HELD");
                first = lock(other, "one", "token");
                apiOf(other).post("/api/lock/hold?seconds=60");
                awaitLock(one, "other", "WAITING");
            }
            awaitNodes(other, "other");
            awaitLeader(other, "other");
            awaitLock(other, "other", "HELD");
            assertThat(lock(other, "other", "token")).isGreaterThan(first);
        }
    }

    @Test
    void tokenOfOneNodeIsRefusedOnceTheOtherHasWrittenWithANewerOne() {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                ConfigurableApplicationContext one = start(redis, "one");
                ConfigurableApplicationContext other = start(redis, "other")) {
            String old =
                    apiOf(one).post("/api/guarded/token").json().at("/token").asString();
            assertThat(apiOf(other).post("/api/guarded/write").status()).isEqualTo(200);

            for (ConfigurableApplicationContext node : List.of(one, other)) {
                Answer refused = apiOf(node).post("/api/guarded/write?token=" + old);
                assertThat(refused.status()).isEqualTo(409);
                assertThat(refused.json().at("/detail").asString())
                        .contains("fence 'guarded' has seen a newer token than (");
            }
        }
    }

    private static void awaitNodes(ConfigurableApplicationContext context, String... names) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(nodes(context))
                        .extracting(node -> node.at("/name").asString())
                        .containsExactly(names));
    }

    private static void awaitLeader(ConfigurableApplicationContext context, String name) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(nodes(context))
                        .filteredOn(RedisModeTest::leads)
                        .extracting(node -> node.at("/name").asString())
                        .containsExactly(name));
    }

    private static void awaitLock(ConfigurableApplicationContext context, String name, String state) {
        await().atMost(PATIENCE).until(() -> lock(context, name, "state").equals(state));
    }

    private static String lock(ConfigurableApplicationContext context, String name, String field) {
        return node(context, name)
                .map(node -> node.at("/lock/" + field).asString(""))
                .orElse("");
    }

    private static boolean leads(JsonNode node) {
        return !node.at("/leaderSince").isNull();
    }

    private static Optional<JsonNode> node(ConfigurableApplicationContext context, String name) {
        return nodes(context).stream()
                .filter(node -> node.at("/name").asString().equals(name))
                .findFirst();
    }

    private static List<JsonNode> nodes(ConfigurableApplicationContext context) {
        return List.copyOf(apiOf(context).get("/api/nodes").json().at("/nodes").values());
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
                .until(() -> apiOf(context)
                        .get("/actuator/health")
                        .json()
                        .at("/components/sync/status")
                        .asString()
                        .equals(status));
    }

    private static Api apiOf(ConfigurableApplicationContext context) {
        return new Api(Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port")));
    }

    private static ConfigurableApplicationContext start(RedisServer redis, String node) {
        return new SpringApplication(SampleApplication.class)
                .run(
                        "--server.port=0",
                        "--spring.main.banner-mode=off",
                        "--sync.mode=redis",
                        "--sync.heartbeat=200ms",
                        "--sync.timeout=20s",
                        "--sync.health.down-after=1h",
                        "--spring.data.redis.host=127.0.0.1",
                        "--spring.data.redis.port=" + redis.port(),
                        "--sample.node=" + node);
    }
}
