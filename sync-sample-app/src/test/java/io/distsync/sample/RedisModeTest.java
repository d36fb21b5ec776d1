package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.sample.Api.Answer;
import io.distsync.sample.EventClient.Event;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

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
