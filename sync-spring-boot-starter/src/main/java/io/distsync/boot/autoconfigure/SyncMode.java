package io.distsync.boot.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

/** Where the state lives. */
public enum SyncMode {

    /** In the memory of this process. */
    LOCAL("local", List.of(), List.of()),

    /** In Redis. */
    REDIS(
            "redis",
            List.of("spring-boot-starter-data-redis"),
            List.of(
                    "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
                    "org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory",
                    "io.lettuce.core.RedisClient")),

    /** In Redis, broadcast by Kafka. */
    KAFKA(
            "kafka",
            and(REDIS.starters, "spring-boot-starter-kafka"),
            and(
                    REDIS.clientClasses,
                    "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration",
                    "org.springframework.kafka.core.KafkaAdmin",
                    "org.apache.kafka.clients.admin.Admin"));

    private final String text;

    @SuppressWarnings("ImmutableEnumChecker") // cannot be modified
    private final List<String> starters;

    @SuppressWarnings("ImmutableEnumChecker") // likewise
    private final List<String> clientClasses;

    SyncMode(String text, List<String> starters, List<String> clientClasses) {
        this.text = text;
        this.starters = starters;
        this.clientClasses = clientClasses;
    }

    /** The Spring Boot starters that bring the client libraries; none if none is needed. */
    List<String> starters() {
        return starters;
    }

    /** Classes that are present when the client libraries are, together with Spring's support for them. */
    List<String> clientClasses() {
        return clientClasses;
    }

    /** The mode as it is configured. */
    @Override
    public String toString() {
        return text;
    }

    private static List<String> and(List<String> some, String... more) {
        return Stream.concat(some.stream(), Stream.of(more)).toList();
    }
}
