package io.distsync.soak;

import io.distsync.testsupport.kafka.KafkaProcess;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.testsupport.redis.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The servers, each a process of its own on loopback. */
final class Site implements AutoCloseable {

    /*
     * Threads. Faults come from one thread at a time; questions to Redis from any.
     */

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final RedisServer redis;
    private final @Nullable KafkaProcess kafka;

    private Site(RedisServer redis, @Nullable KafkaProcess kafka) {
        this.redis = redis;
        this.kafka = kafka;
    }

    static Site start(Plan.Mode mode) {
        RedisServer redis = RedisServer.start(Durability.ALWAYS);
        boolean ready = false;
        try {
            // An hour of records is not to fill the disk.
            Site site = new Site(
                    redis,
                    mode == Plan.Mode.KAFKA
                            ? KafkaProcess.launch("log.retention.ms=900000", "log.segment.bytes=16777216")
                            : null);
            ready = true;
            return site;
        } finally {
            if (!ready) {
                redis.close();
            }
        }
    }

    RedisServer redis() {
        return redis;
    }

    @Nullable
    KafkaProcess kafka() {
        return kafka;
    }

    /** A command that changes nothing, until it is answered: the server may be away for a while. */
    @Nullable
    Object ask(String... command) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try (RespClient client = new RespClient(redis.port())) {
                return client.call(command);
            } catch (IOException e) {
                if (System.nanoTime() - end > 0) {
                    throw new UncheckedIOException(String.join(" ", command), e);
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    long number(String... command) {
        return (Long) Objects.requireNonNull(ask(command));
    }

    /** A line of {@code INFO}. */
    long info(String section, String name) {
        return String.valueOf(ask("INFO", section))
                .lines()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(
                        line -> Long.parseLong(line.substring(name.length() + 1).trim()))
                .findFirst()
                .orElse(-1);
    }

    List<String> keys(String pattern) {
        Object reply = ask("KEYS", pattern);
        return reply instanceof List<?> list
                ? list.stream().map(String::valueOf).sorted().toList()
                : List.of();
    }

    @Override
    public void close() {
        try {
            if (kafka != null) {
                kafka.close();
            }
        } finally {
            redis.close();
        }
    }
}
