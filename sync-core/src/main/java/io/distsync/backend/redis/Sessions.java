package io.distsync.backend.redis;

import io.distsync.backend.redis.Scripts.Kind;
import io.distsync.backend.redis.Scripts.Script;
import io.distsync.error.BackendUnavailableException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Begins sessions with a server: with a connection for commands, one for channels, and one for {@link Confirmations} if commits
 * wait for replicas, all to the same server, which has told its incarnation and taken the scripts made for it.
 */
final class Sessions {

    private static final byte[][] NO_KEYS = {};

    private final Connector connector;
    private final Scripts scripts;
    private final Server.Settings settings;
    private final boolean sharded;

    /** @param sharded whether the server is one of a cluster */
    Sessions(Connector connector, Scripts scripts, Server.Settings settings, boolean sharded) {
        this.connector = connector;
        this.scripts = scripts;
        this.settings = settings;
        this.sharded = sharded;
    }

    /**
     * Opens all connections and begins a session on them. When the result fails, by whomever, they are closed, or will be as
     * soon as they are made.
     */
    CompletableFuture<Session> open() {
        CompletableFuture<Session> opening = new CompletableFuture<>();
        CompletableFuture<StatefulRedisConnection<byte[], byte[]>> commands =
                closedIfLate(opening, connector::commands);
        CompletableFuture<StatefulRedisPubSubConnection<byte[], byte[]>> channels =
                closedIfLate(opening, connector::channels);
        CompletableFuture<Session> introduced = commands.thenCombine(
                        channels, (first, second) -> led(introduce(first, second, null), second))
                .thenCompose(Function.identity());
        var unused = withConfirmations(opening, introduced).whenComplete((session, failure) -> {
            if (session == null) {
                opening.completeExceptionally(failure);
            } else {
                opening.complete(session);
            }
        });
        return opening;
    }

    /** Begins another session on the connections of one: the server may be another incarnation by now. */
    CompletionStage<Session> introduceAgain(Session before) {
        return introduce(before.commandConnection(), before.channelConnection(), before.confirmations());
    }

    private CompletableFuture<Session> withConfirmations(
            CompletableFuture<Session> opening, CompletableFuture<Session> introduced) {
        return settings.replicas() == 0
                ? introduced
                : closedIfLate(opening, connector::commands)
                        .thenCompose(third -> led(introduced, third)
                                .thenApply(session -> session.confirmedBy(
                                        new Confirmations(third, settings.replicas(), settings.replicaTimeout()))));
    }

    /** The session, if another connection leads to the same server. */
    private static CompletionStage<Session> led(
            CompletionStage<Session> introduced, StatefulRedisConnection<byte[], byte[]> other) {
        return introduced.thenCombine(identity(other.async()), (session, identity) -> {
            if (!identity.runId().equals(session.info().runId())) {
                throw new BackendUnavailableException("the connections lead to different servers");
            }
            return session;
        });
    }

    private static <C extends StatefulConnection<byte[], byte[]>> CompletableFuture<C> closedIfLate(
            CompletableFuture<Session> opening, Supplier<CompletionStage<C>> connect) {
        CompletableFuture<C> connection;
        try {
            connection = connect.get().toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
        var unused = opening.whenComplete((session, failure) -> {
            if (failure != null) {
                var ignored = connection.whenComplete((opened, other) -> {
                    if (opened != null) {
                        var unusedClosing = Session.closeQuietly(opened);
                    }
                });
            }
        });
        return connection;
    }

    private static CompletionStage<ServerInfo> identity(RedisAsyncCommands<byte[], byte[]> commands) {
        return commands.info().thenApply(ServerInfo::parse);
    }

    /** INFO does not tell when the append-only file is synced, and not every user may ask for the configuration. */
    private static CompletionStage<ServerInfo> durability(
            RedisAsyncCommands<byte[], byte[]> commands, ServerInfo said) {
        return said.hasAppendOnlyFile()
                ? commands.configGet(ServerInfo.APPEND_FSYNC)
                        .handle((found, refused) -> refused == null ? said.with(found) : said)
                : CompletableFuture.completedFuture(said);
    }

    /** Learns who the server is, and gives it the scripts for that. */
    private CompletionStage<Session> introduce(
            StatefulRedisConnection<byte[], byte[]> commands,
            StatefulRedisPubSubConnection<byte[], byte[]> channels,
            @Nullable Confirmations confirmations) {
        return identity(commands.async())
                .thenCompose(said -> durability(commands.async(), said))
                .thenCompose(info -> {
                    info.requireUsable(sharded);
                    Map<Kind, Script> texts = scripts.forIncarnation(info.incarnation());
                    List<CompletableFuture<?>> loads = new ArrayList<>();
                    for (Script script : texts.values()) {
                        // By EVAL: in Redis 6.2 SCRIPT LOAD reaches the replicas too, and a promoted one would know the
                        // script.
                        loads.add(commands.async()
                                .eval(script.text(), ScriptOutputType.VALUE, NO_KEYS)
                                .toCompletableFuture());
                    }
                    return CompletableFuture.allOf(loads.toArray(CompletableFuture[]::new))
                            .thenApply(loaded -> new Session(commands, channels, confirmations, info, texts));
                });
    }
}
