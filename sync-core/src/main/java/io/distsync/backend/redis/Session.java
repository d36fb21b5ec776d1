package io.distsync.backend.redis;

import io.distsync.backend.redis.Scripts.Kind;
import io.distsync.backend.redis.Scripts.Script;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was negotiated with one incarnation of a server. Another incarnation on the same connections is another session.
 *
 * @param confirmations on a connection of its own, or {@code null} if no commit waits for replicas
 */
record Session(
        StatefulRedisConnection<byte[], byte[]> commandConnection,
        StatefulRedisPubSubConnection<byte[], byte[]> channelConnection,
        @Nullable Confirmations confirmations,
        ServerInfo info,
        Map<Kind, Script> scripts) {

    private static final Logger log = LoggerFactory.getLogger(Session.class);

    RedisAsyncCommands<byte[], byte[]> commands() {
        return commandConnection.async();
    }

    CompletionStage<List<?>> evalsha(Kind kind, byte[][] keys, byte[][] arguments) {
        return commands().evalsha(script(kind).digest(), ScriptOutputType.MULTI, keys, arguments);
    }

    CompletionStage<List<?>> eval(Kind kind, byte[][] keys, byte[][] arguments) {
        return commands().eval(script(kind).text(), ScriptOutputType.MULTI, keys, arguments);
    }

    private Script script(Kind kind) {
        return Objects.requireNonNull(scripts.get(kind));
    }

    /** Those besides the one for commands. */
    List<StatefulRedisConnection<byte[], byte[]>> otherConnections() {
        return confirmations == null
                ? List.of(channelConnection)
                : List.of(channelConnection, confirmations.connection());
    }

    boolean isOpen() {
        return commandConnection.isOpen() && otherConnections().stream().allMatch(StatefulConnection::isOpen);
    }

    boolean isOnConnectionsOf(Session other) {
        return commandConnection == other.commandConnection;
    }

    Session confirmedBy(Confirmations value) {
        return new Session(commandConnection, channelConnection, value, info, scripts);
    }

    /** Closes the connections, which fails everything pending on them; completes when they are closed. */
    CompletableFuture<Void> close() {
        List<CompletableFuture<Void>> closing = new ArrayList<>();
        closing.add(closeQuietly(commandConnection));
        otherConnections().forEach(connection -> closing.add(closeQuietly(connection)));
        return CompletableFuture.allOf(closing.toArray(CompletableFuture[]::new));
    }

    static CompletableFuture<Void> closeQuietly(StatefulConnection<?, ?> connection) {
        return connection.closeAsync().whenComplete((done, failure) -> {
            if (failure != null) {
                log.debug("closing a connection failed", failure);
            }
        });
    }
}
