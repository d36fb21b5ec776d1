package io.distsync.boot.autoconfigure;

/** Where the state lives. */
public enum SyncMode {

    /** In the memory of this process. */
    LOCAL("local", "", "io.distsync.backend.local.LocalSyncBackend"),

    /** In Redis. */
    REDIS(
            "redis",
            "spring-boot-starter-data-redis",
            "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration"),

    /** In Redis, broadcast by Kafka. */
    KAFKA("kafka", "spring-boot-starter-kafka", "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration");

    private final String text;
    private final String starter;
    private final String clientClass;

    SyncMode(String text, String starter, String clientClass) {
        this.text = text;
        this.starter = starter;
        this.clientClass = clientClass;
    }

    /** The Spring Boot starter that brings the client library; empty if none is needed. */
    String starter() {
        return starter;
    }

    /** A class that is present when the client library is, together with Spring Boot's support for it. */
    String clientClass() {
        return clientClass;
    }

    /** The mode as it is configured. */
    @Override
    public String toString() {
        return text;
    }
}
