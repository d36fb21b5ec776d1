package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** Servers found by {@code @ServiceConnection}. */
class RedisContainerTest {

    private static final String IMAGE = System.getProperty("sync.test.redis.image", "redis:7-alpine");
    private static final int REDIS = 6379;

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
                GenericContainer<?> standIn = new StandIn(server)) {
            assertThatItIsUsed(standIn);
            assertThat(server.call("DBSIZE")).isNotEqualTo(0L);
        }
    }

    /** Skipped where Docker does not answer, or has no image. */
    @Test
    void serviceConnectionLeadsToTheContainer() {
        assumeTrue(dockerAnswers(), "Docker does not answer");
        try (GenericContainer<?> container = new GenericContainer<>(IMAGE)
                .withExposedPorts(REDIS)
                .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1))) {
            start(container);
            assertThatItIsUsed(container);
        }
    }

    private void assertThatItIsUsed(GenericContainer<?> container) {
        runner.withBean(Containers.class, () -> new Containers(container)).run(context -> {
            assertThat(context).hasSingleBean(RedisSyncBackend.class);
            assertThat(context.getBean(DerivedRedisClient.class).uri().getPort())
                    .isEqualTo(container.getMappedPort(REDIS));
            context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
        });
    }

    /** Inside a container itself, Testcontainers starts another one to find its host, and fails if it has no image for that. */
    private static boolean dockerAnswers() {
        try {
            return DockerClientFactory.instance().isDockerAvailable();
        } catch (RuntimeException e) {
            return abort("Docker cannot be used from here: " + e.getMessage());
        }
    }

    private static void start(GenericContainer<?> container) {
        try {
            container.start();
        } catch (ContainerFetchException e) {
            abort("the image " + IMAGE + " cannot be had");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Containers {

        private final GenericContainer<?> started;

        Containers(GenericContainer<?> started) {
            this.started = started;
        }

        @Bean
        @ServiceConnection("redis")
        GenericContainer<?> redis() {
            return started;
        }
    }

    /** Looks like a container, and needs no Docker. */
    private static final class StandIn extends GenericContainer<StandIn> {

        private final RedisServer server;

        StandIn(RedisServer server) {
            super(IMAGE);
            this.server = server;
        }

        @Override
        public void start() {}

        @Override
        public void stop() {}

        @Override
        public boolean isRunning() {
            return true;
        }

        @Override
        public String getHost() {
            return "127.0.0.1";
        }

        @Override
        public Integer getMappedPort(int port) {
            return server.port();
        }
    }
}
