package io.distsync.benchmarks;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.lettuce.core.RedisURI;
import java.util.Map;

/** How an application may share many states between processes that follow all of them. */
public enum TopicsWay {
    SERVICE("optimisticUpdate, a handle on each topic"),
    LOCAL("optimisticUpdate in local mode, a handle on each topic"),
    KAFKA("optimisticUpdate in Kafka mode, a handle on each topic"),
    BY_HAND("the commit script, a channel for each topic"),
    REDISSON("Redisson compareAndSet, an RTopic for each topic");

    private final String label;

    TopicsWay(String label) {
        this.label = label;
    }

    /** What the tables call it. */
    String label() {
        return label;
    }

    /** Whether one client has all the nodes there are: another one would know of other topics. */
    boolean isAllNodes() {
        return this == LOCAL;
    }

    /**
     * One more client.
     *
     * @param servers those that the way takes
     */
    SharedTopics open(Servers servers, int topics) {
        String uri = servers.redis();
        return switch (this) {
            case SERVICE -> new ServiceTopics(redis(uri).build(), topics);
            case LOCAL -> new ServiceTopics(LocalSyncBackend.create(), topics);
            case KAFKA -> new ServiceTopics(kafka(servers), topics);
            case BY_HAND -> new ScriptTopics(uri, topics);
            case REDISSON -> new RedissonTopics(uri, topics);
        };
    }

    private static RedisSyncBackend.Builder redis(String uri) {
        return RedisSyncBackend.builder(RedisURI.create(uri));
    }

    /** All topics in the Kafka topic that is there for everything: one for each would be a matter of Kafka's. */
    private static SyncBackend kafka(Servers servers) {
        KafkaSyncBackend backend = KafkaSyncBackend.builder(
                        redis(servers.redis()), Map.of("bootstrap.servers", servers.broker()))
                .build();
        KafkaUpdate.awaitTopics(backend);
        return backend;
    }
}
