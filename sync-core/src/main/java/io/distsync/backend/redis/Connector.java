package io.distsync.backend.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.concurrent.CompletionStage;

/** Connections to a server at an address, or to the one the sentinels name at the moment. */
record Connector(RedisClient client, RedisURI uri) {

    /** For commands, and for confirmations. */
    CompletionStage<StatefulRedisConnection<byte[], byte[]>> commands() {
        return client.connectAsync(ByteArrayCodec.INSTANCE, uri);
    }

    CompletionStage<StatefulRedisPubSubConnection<byte[], byte[]>> channels() {
        return client.connectPubSubAsync(ByteArrayCodec.INSTANCE, uri);
    }

    /** For messages; no credentials. */
    String name() {
        if (uri.getSentinelMasterId() != null) {
            return "sentinel master " + uri.getSentinelMasterId();
        }
        return uri.getSocket() != null ? uri.getSocket() : uri.getHost() + ":" + uri.getPort();
    }
}
