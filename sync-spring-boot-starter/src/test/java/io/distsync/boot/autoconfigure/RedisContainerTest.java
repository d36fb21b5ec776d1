package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.testcontainers.containers.GenericContainer;

/** Servers found by {@code @ServiceConnection}. */
class RedisContainerTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    ServiceConnectionAutoConfiguration.class,
                    DataRedisAutoConfiguration.class,
                    SyncAutoConfiguration.class))
            .withPropertyValues("sync.mode=redis");

    @AfterEach
    void everythingIsClosed() {
        LibraryThreads.awaitNone();
    }

    @Test
    void serviceConnectionLeadsToWhatStandsInForAContainer() {
        try (RedisServer server = RedisServer.start(Durability.NONE);
                GenericContainer<?> standIn = Containers.standIn(server)) {
            assertThatItIsUsed(standIn);
            assertThat(server.call("DBSIZE")).isNotEqualTo(0L);
        }
    }

    /** Skipped where Docker does not answer, or has no image. */
    @Test
    void serviceConnectionLeadsToTheContainer() {
        Containers.assumeDocker();
        try (GenericContainer<?> container = Containers.redis()) {
            Containers.start(container);
            assertThatItIsUsed(container);
        }
    }

    private void assertThatItIsUsed(GenericContainer<?> container) {
        runner.withBean(Started.class, () -> new Started(container)).run(context -> {
            assertThat(context).hasSingleBean(RedisSyncBackend.class);
            assertThat(context.getBean(DerivedRedisClient.class).uri().getPort())
                    .isEqualTo(container.getMappedPort(Containers.REDIS));
            context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Started {

        private final GenericContainer<?> started;

        Started(GenericContainer<?> started) {
            this.started = started;
        }

        @Bean
        @ServiceConnection("redis")
        GenericContainer<?> redis() {
            return started;
        }
    }
}
