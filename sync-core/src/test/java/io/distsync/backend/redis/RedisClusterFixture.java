package io.distsync.backend.redis;

import static org.awaitility.Awaitility.await;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.Capability;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.testsupport.redis.RedisCluster;
import io.distsync.testsupport.redis.RedisServer;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A real cluster of three masters, on its own clock. */
final class RedisClusterFixture implements BackendFixture {

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration SWEEP = Duration.ofMillis(50);
    private static final String NO_PROXY = "clients of a cluster find its nodes by themselves, past any proxy";

    private final RedisCluster cluster;
    private final RedisClusterClient driver;
    private final List<SyncBackend> clients = new ArrayList<>();

    RedisClusterFixture(RedisCluster cluster, RedisClusterClient driver) {
        this.cluster = cluster;
        this.driver = driver;
    }

    @Override
    public SyncBackend open() {
        SyncBackend backend = RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", 0))
                .heartbeat(Duration.ofSeconds(1))
                .sweep(SWEEP)
                .build();
        clients.add(backend);
        return backend;
    }

    @Override
    public Map<Capability, String> lacking() {
        Map<Capability, String> lacking = new EnumMap<>(Capability.class);
        lacking.put(
                Capability.WALL_CLOCK, "Redis counts leases by the wall clock of its machine, so a jump moves them");
        lacking.put(Capability.TIME, "the servers' clock is the machine's; shown on one server");
        lacking.put(Capability.REFUSAL, "shown on one server");
        lacking.put(Capability.REWIND, "shown on one server");
        lacking.put(Capability.CONNECTION, NO_PROXY);
        lacking.put(Capability.SILENCE, NO_PROXY);
        lacking.put(Capability.LOST_REPLY, NO_PROXY);
        return lacking;
    }

    @Override
    public Duration sweep() {
        return SWEEP;
    }

    @Override
    public long forgottenAfter(long retained) {
        return 2 * retained + 512;
    }

    @Override
    public void restart() {
        cluster.masters().forEach(RedisServer::kill);
        cluster.masters().forEach(RedisServer::start);
        clients.forEach(RedisClusterFixture::awaitAnswer);
    }

    private static void awaitAnswer(SyncBackend client) {
        for (String topic : List.of("a", "b", "c", "d", "e", "f", "g", "h")) {
            await().atMost(BOUND)
                    .pollInterval(POLL)
                    .ignoreExceptions()
                    .until(() -> client.read(topic, Selection.none())
                                    .toCompletableFuture()
                                    .get()
                            != null);
        }
    }

    @Override
    public void loseState(String topic) {
        onItsServer(connection -> connection.sync().del("kv:{" + topic + "}"));
    }

    @Override
    public void loseLog(String topic) {
        onItsServer(connection -> connection.sync().del("stream:{" + topic + "}"));
    }

    @Override
    public void loseTopic(String topic) {
        cluster.masters().forEach(master -> master.call("FLUSHALL"));
    }

    @Override
    public void flushCaches() {
        cluster.masters().forEach(master -> master.call("SCRIPT", "FLUSH"));
    }

    @Override
    public void plantForeignData(String topic) {
        onItsServer(connection -> connection.sync().set("kv:{" + topic + "}", "somebody else's"));
    }

    @Override
    public void plantUnknownLayout(String topic) {
        onItsServer(connection -> connection
                .sync()
                .hset("kv:{" + topic + "}", Map.of("head", "1-1-0000000000000001", "info", "99 whatever")));
    }

    private void onItsServer(Consumer<StatefulRedisClusterConnection<String, String>> action) {
        try (StatefulRedisClusterConnection<String, String> connection = driver.connect()) {
            action.accept(connection);
        }
    }

    @Override
    public void close() {
        // the cluster is shared, clients are closed by the suite
    }
}
