package io.distsync.backend.faults;

import io.distsync.Topic;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.codec.Codec;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The servers that {@link Processes} meet at: Redis, with Kafka beside it or without. */
final class Servers implements AutoCloseable {

    /** How often a node looks for leases that are over. */
    static final Duration SWEEP = Duration.ofMillis(100);

    enum Mode {
        REDIS,
        KAFKA
    }

    private final @Nullable KafkaBroker kafka;
    private final RedisServer redis;

    private Servers(@Nullable KafkaBroker kafka, RedisServer redis) {
        this.kafka = kafka;
        this.redis = redis;
    }

    static Servers start(Mode mode, Durability durability) {
        return new Servers(mode == Mode.KAFKA ? EmbeddedKafka.launch() : null, RedisServer.start(durability));
    }

    RedisServer redis() {
        return redis;
    }

    /** What a process has to be told, at the end of its arguments, to {@link #open(List) open} them. */
    List<String> arguments(String... before) {
        List<String> all = new ArrayList<>(List.of(before));
        all.add(String.valueOf(redis.port()));
        if (kafka != null) {
            all.add(kafka.bootstrapServers());
        }
        return all;
    }

    /** A node of its own in this process. */
    SyncBackend open() {
        return open(arguments());
    }

    /** The state and the logs as Redis has them. */
    SyncBackend openRedis() {
        return open(arguments().subList(0, 1));
    }

    /** The texts that were written to a topic, in the order of its log. */
    List<String> written(Topic<String> topic) {
        try (SyncBackend store = openRedis()) {
            return Judgement.changes(store, topic.name()).stream()
                    .<String>map(change -> Objects.requireNonNull(change.payload())
                            .value(Codec.json().format(String.class)))
                    .toList();
        }
    }

    /**
     * A node.
     *
     * @param arguments port of Redis; bootstrap servers of Kafka, if in Kafka mode
     */
    static SyncBackend open(List<String> arguments) {
        RedisSyncBackend.Builder redis = RedisSyncBackend.builder(
                        RedisURI.create("127.0.0.1", Integer.parseInt(arguments.get(0))))
                .sweep(SWEEP);
        return arguments.size() == 1
                ? redis.build()
                : KafkaSyncBackend.builder(redis, Map.of("bootstrap.servers", arguments.get(1)))
                        .build();
    }

    @Override
    public void close() {
        redis.close();
        if (kafka != null) {
            kafka.close();
        }
    }
}
