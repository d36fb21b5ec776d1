package io.distsync.boot.autoconfigure;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.redis.RedisServer;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;

/** Servers in containers, and what looks like them and needs no Docker. */
final class Containers {

    static final int REDIS = 6379;

    private static final String REDIS_IMAGE = System.getProperty("sync.test.redis.image", "redis:7-alpine");
    private static final String KAFKA_IMAGE = System.getProperty("sync.test.kafka.image", "apache/kafka-native:4.1.0");

    private Containers() {}

    /**
     * Skips the test where Docker does not answer. Inside a container itself, Testcontainers starts another one to find its
     * host, and fails if it has no image for that.
     */
    static void assumeDocker() {
        boolean available = false;
        try {
            available = DockerClientFactory.instance().isDockerAvailable();
        } catch (RuntimeException e) {
            abort("Docker cannot be used from here: " + e.getMessage());
        }
        assumeTrue(available, "Docker does not answer");
    }

    /** Starts it, or skips the test if its image cannot be had. */
    static void start(GenericContainer<?> container) {
        try {
            container.start();
        } catch (ContainerFetchException e) {
            abort("an image cannot be had: " + e.getMessage());
        }
    }

    static GenericContainer<?> redis() {
        return new GenericContainer<>(REDIS_IMAGE)
                .withExposedPorts(REDIS)
                .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1));
    }

    static KafkaContainer kafka() {
        return new KafkaContainer(KAFKA_IMAGE);
    }

    static GenericContainer<?> standIn(RedisServer server) {
        return new RedisStandIn(server);
    }

    static KafkaContainer standIn(KafkaBroker broker) {
        return new KafkaStandIn(broker);
    }

    private static final class RedisStandIn extends GenericContainer<RedisStandIn> {

        private final RedisServer server;

        RedisStandIn(RedisServer server) {
            super(REDIS_IMAGE);
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

    private static final class KafkaStandIn extends KafkaContainer {

        private final KafkaBroker broker;

        KafkaStandIn(KafkaBroker broker) {
            super(KAFKA_IMAGE);
            this.broker = broker;
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
        public String getBootstrapServers() {
            return broker.bootstrapServers();
        }
    }
}
