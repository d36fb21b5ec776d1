package io.distsync.boot.autoconfigure;

import java.util.List;

/** Where the state lives. */
public enum SyncMode {

    /** In the memory of this process. */
    LOCAL("local", ""),

    /** In Redis. */
    REDIS(
            "redis",
            "spring-boot-starter-data-redis",
            "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
            "org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory",
            "io.lettuce.core.RedisClient"),

    /** In Redis, broadcast by Kafka. */
    KAFKA("kafka", "spring-boot-starter-kafka", "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration");

    private final String text;
    private final String starter;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> clientClasses;

    SyncMode(String text, String starter, String... clientClasses) {
        this.text = text;
        this.starter = starter;
        this.clientClasses = List.of(clientClasses);
    }

    /** The Spring Boot starter that brings the client library; empty if none is needed. */
    String starter() {
        return starter;
    }

    /** Classes that are present when the client library is, together with Spring's support for it. */
    List<String> clientClasses() {
        return clientClasses;
    }

    /** The mode as it is configured. */
    @Override
    public String toString() {
        return text;
    }
}
