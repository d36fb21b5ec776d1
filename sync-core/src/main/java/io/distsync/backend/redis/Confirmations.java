package io.distsync.backend.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Asks how many replicas have what was committed on one server, on a connection of its own. One round of that is under way
 * at a time; everything that was committed meanwhile shares the next one. So nothing but commits waits for replicas, and
 * no commit for longer than two rounds.
 */
final class Confirmations {

    /*
     * Threads. confirm() is called by those of the driver which bring the answers to commits, and possibly by callers; the
     * answers to a round come on the driver's thread of this connection, which begins the next round and then completes
     * what waited for this one. `asking` and `next` are guarded by the monitor. It is held neither while commands are
     * sent nor while stages are completed.
     */

    private static final long MARK_MILLIS = 60_000;

    private record Round(String mark, CompletableFuture<Long> count) {}

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final int replicas;
    private final Duration timeout;

    private boolean asking;
    private @Nullable Round next;

    /** @param replicas how many are waited for, at most for the timeout */
    Confirmations(StatefulRedisConnection<byte[], byte[]> connection, int replicas, Duration timeout) {
        this.connection = connection;
        this.replicas = replicas;
        this.timeout = timeout;
    }

    StatefulRedisConnection<byte[], byte[]> connection() {
        return connection;
    }

    /**
     * How many replicas have all that the server did before this call. Fails if they cannot be asked.
     *
     * @param key of what was committed; it has to be in a slot of the server
     */
    CompletionStage<Long> confirm(byte[] key) {
        Round joined;
        synchronized (this) {
            if (next != null) {
                return next.count();
            }
            joined = new Round(new String(key, StandardCharsets.US_ASCII) + ":wait", new CompletableFuture<>());
            if (asking) {
                next = joined;
                return joined.count();
            }
            asking = true;
        }
        ask(joined);
        return joined.count();
    }

    /** Behind a write, because from Redis 7.2 on WAIT is about the connection's own writes. */
    private void ask(Round round) {
        CompletionStage<Long> counted;
        try {
            RedisAsyncCommands<byte[], byte[]> commands = connection.async();
            counted = commands.psetex(round.mark().getBytes(StandardCharsets.US_ASCII), MARK_MILLIS, new byte[0])
                    .thenCombine(commands.waitForReplication(replicas, timeout.toMillis()), (written, count) -> count);
        } catch (RuntimeException e) {
            counted = CompletableFuture.failedFuture(e);
        }
        counted.whenComplete((count, failure) -> {
            askNext();
            if (failure == null) {
                round.count().complete(count);
            } else {
                round.count().completeExceptionally(failure);
            }
        });
    }

    private void askNext() {
        Round waiting;
        synchronized (this) {
            waiting = next;
            next = null;
            asking = waiting != null;
        }
        if (waiting != null) {
            ask(waiting);
        }
    }
}
