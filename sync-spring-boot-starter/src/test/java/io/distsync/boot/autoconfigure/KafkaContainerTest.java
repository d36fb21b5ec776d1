package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.BackendInfo;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.kafka.KafkaContainer;

/** A Redis and a Kafka found by {@code @ServiceConnection}. */
class KafkaContainerTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    ServiceConnectionAutoConfiguration.class,
                    DataRedisAutoConfiguration.class,
                    KafkaAutoConfiguration.class,
                    SyncAutoConfiguration.class))
            .withPropertyValues("sync.mode=kafka", "sync.heartbeat=200ms");

    @AfterEach
    void everythingIsClosed() {
        LibraryThreads.awaitNone();
    }

    @Test
    void serviceConnectionsLeadToWhatStandsInForContainers() {
        try (RedisServer server = RedisServer.start(Durability.NONE);
                KafkaBroker broker = EmbeddedKafka.launch();
                GenericContainer<?> redis = Containers.standIn(server);
                KafkaContainer kafka = Containers.standIn(broker)) {
            assertThatTheyAreUsed(redis, kafka);
        }
    }

    /** Skipped where Docker does not answer, or has no images. */
    @Test
    void serviceConnectionsLeadToTheContainers() {
        Containers.assumeDocker();
        try (GenericContainer<?> redis = Containers.redis();
                KafkaContainer kafka = Containers.kafka()) {
            Containers.start(redis);
            Containers.start(kafka);
            assertThatTheyAreUsed(redis, kafka);
        }
    }

    private void assertThatTheyAreUsed(GenericContainer<?> redis, KafkaContainer kafka) {
        runner.withBean(Started.class, () -> new Started(redis, kafka)).run(context -> {
            KafkaSyncBackend backend = context.getBean(KafkaSyncBackend.class);
            assertThat(context.getBean(DerivedRedisClient.class).uri().getPort())
                    .isEqualTo(redis.getMappedPort(Containers.REDIS));
            assertThat(context.getBean(DerivedKafkaSettings.class).producer())
                    .containsEntry("bootstrap.servers", List.of(kafka.getBootstrapServers()));
            context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
            await().atMost(BOUND).until(() -> {
                BackendInfo.Broadcast broadcast =
                        Objects.requireNonNull(backend.info().broadcast());
                return broadcast.isWell() && broadcast.pending() == 0;
            });
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Started {

        private final GenericContainer<?> redis;
        private final KafkaContainer kafka;

        Started(GenericContainer<?> redis, KafkaContainer kafka) {
            this.redis = redis;
            this.kafka = kafka;
        }

        @Bean
        @ServiceConnection("redis")
        GenericContainer<?> redis() {
            return redis;
        }

        @Bean
        @ServiceConnection
        KafkaContainer kafka() {
            return kafka;
        }
    }
}
