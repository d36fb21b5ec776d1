package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.SyncService;
import io.distsync.backend.redis.RedisSyncBackend;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** A server in a container, found by {@code @ServiceConnection}. Skipped where there is no Docker, or no image. */
class RedisContainerTest {

    private static final String IMAGE = System.getProperty("sync.test.redis.image", "redis:7-alpine");

    @Test
    void serviceConnectionLeadsToTheContainer() {
        assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "Docker does not answer");
        try (GenericContainer<?> container = new GenericContainer<>(IMAGE)
                .withExposedPorts(6379)
                .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1))) {
            start(container);
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(
                            ServiceConnectionAutoConfiguration.class,
                            DataRedisAutoConfiguration.class,
                            SyncAutoConfiguration.class))
                    .withBean(Containers.class, () -> new Containers(container))
                    .withPropertyValues("sync.mode=redis")
                    .run(context -> {
                        assertThat(context).hasSingleBean(RedisSyncBackend.class);
                        assertThat(context.getBean(DerivedRedisClient.class)
                                        .uri()
                                        .getPort())
                                .isEqualTo(container.getFirstMappedPort());
                        context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
                    });
        }
        LibraryThreads.awaitNone();
    }

    private static void start(GenericContainer<?> container) {
        try {
            container.start();
        } catch (ContainerFetchException e) {
            abort("the image " + IMAGE + " cannot be had");
        }
    }

    @Configuration(proxyBeanMethods = false)
    record Containers(GenericContainer<?> started) {

        @Bean
        @ServiceConnection("redis")
        GenericContainer<?> redis() {
            return started;
        }
    }
}
