package io.distsync.testsupport.redis;

import io.distsync.testsupport.redis.RedisServer.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/** A master, a replica of it, and three sentinels that watch them, all on loopback. */
public final class RedisSentinels implements AutoCloseable {

    /** The name under which the sentinels know the master. */
    public static final String MASTER = "distsync";

    private static final int SENTINELS = 3;
    private static final int QUORUM = 2;

    private final RedisServer first;
    private final RedisServer second;
    private final List<RedisServer> sentinels;

    private RedisSentinels(RedisServer first, RedisServer second, List<RedisServer> sentinels) {
        this.first = first;
        this.second = second;
        this.sentinels = List.copyOf(sentinels);
    }

    /** Servers that are in step, and sentinels that have found them and each other. */
    public static RedisSentinels start(Durability durability) {
        List<RedisServer> started = new ArrayList<>();
        try {
            RedisServer first = RedisServer.start(durability, "repl-diskless-sync-delay 0");
            started.add(first);
            RedisServer second =
                    RedisServer.start(durability, "repl-diskless-sync-delay 0", "replicaof 127.0.0.1 " + first.port());
            started.add(second);
            second.await("master_link_status:up", "INFO", "replication");
            List<RedisServer> sentinels = new ArrayList<>();
            for (int i = 0; i < SENTINELS; i++) {
                RedisServer sentinel = RedisServer.startSentinel(List.of(
                        "sentinel monitor " + MASTER + " 127.0.0.1 " + first.port() + " " + QUORUM,
                        "sentinel down-after-milliseconds " + MASTER + " 1000",
                        "sentinel failover-timeout " + MASTER + " 5000"));
                started.add(sentinel);
                sentinels.add(sentinel);
            }
            for (RedisServer sentinel : sentinels) {
                sentinel.await("slaves=1,sentinels=" + SENTINELS, "INFO", "sentinel");
            }
            return new RedisSentinels(first, second, sentinels);
        } catch (RuntimeException e) {
            started.forEach(RedisServer::close);
            throw e;
        }
    }

    /** The server that began as the master. */
    public RedisServer first() {
        return first;
    }

    /** The server that began as the replica. */
    public RedisServer second() {
        return second;
    }

    public List<RedisServer> sentinels() {
        return sentinels;
    }

    /** The server that is the master as the sentinels see it now. */
    public RedisServer master() {
        return masterPort() == first.port() ? first : second;
    }

    /** Makes the replica the master once it has all that was written before, and the master a replica that follows it. */
    public void failOver() {
        RedisServer before = master();
        RedisServer after = before == first ? second : first;
        String mark = UUID.randomUUID().toString();
        before.call("SET", "test:mark", mark);
        after.await(mark, "GET", "test:mark");
        sentinels.get(0).call("SENTINEL", "FAILOVER", MASTER);
        awaitMaster(after);
        before.await("master_link_status:up", "INFO", "replication");
        for (RedisServer sentinel : sentinels) {
            sentinel.await("slaves=1,sentinels=" + SENTINELS, "INFO", "sentinel");
        }
    }

    /** The port of the master as the sentinels see it now. */
    public int masterPort() {
        Object address = sentinels.get(0).call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER);
        List<?> hostAndPort = (List<?>) Objects.requireNonNull(address);
        return Integer.parseInt(String.valueOf(hostAndPort.get(1)));
    }

    /** Waits until this server is the master, and knows it. */
    public void awaitMaster(RedisServer server) {
        for (RedisServer sentinel : sentinels) {
            sentinel.await(Integer.toString(server.port()), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER);
        }
        server.await("role:master", "INFO", "replication");
    }

    @Override
    public void close() {
        sentinels.forEach(RedisServer::close);
        second.close();
        first.close();
    }
}
