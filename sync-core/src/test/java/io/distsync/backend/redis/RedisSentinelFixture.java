package io.distsync.backend.redis;

import static org.awaitility.Awaitility.await;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.Capability;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.testsupport.redis.RedisSentinels;
import io.distsync.testsupport.redis.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A real server and its replica behind real sentinels, on their own clock. A restart is a fail-over to the replica. */
final class RedisSentinelFixture implements BackendFixture {

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration SWEEP = Duration.ofMillis(50);
    private static final String NO_PROXY = "clients find the servers by themselves, past any proxy";

    private final RedisSentinels sentinels;
    private final RedisClient driver;
    private final List<SyncBackend> clients = new ArrayList<>();

    RedisSentinelFixture(RedisSentinels sentinels, RedisClient driver) {
        this.sentinels = sentinels;
        this.driver = driver;
    }

    @Override
    public SyncBackend open() {
        RedisURI.Builder uri = RedisURI.builder().withSentinelMasterId(RedisSentinels.MASTER);
        sentinels.sentinels().forEach(sentinel -> uri.withSentinel("127.0.0.1", sentinel.port()));
        SyncBackend backend = RedisSyncBackend.builder(driver, uri.build())
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
        lacking.put(Capability.REWIND, "shown on one server, and as a fault");
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
        sentinels.failOver();
        clients.forEach(RedisSentinelFixture::awaitAnswer);
    }

    private static void awaitAnswer(SyncBackend client) {
        await().atMost(BOUND).pollInterval(POLL).ignoreExceptions().until(() -> {
            return client.read("probe", Selection.none()).toCompletableFuture().get() != null;
        });
    }

    @Override
    public void loseState(String topic) {
        sentinels.master().call("DEL", "kv:{" + topic + "}");
    }

    @Override
    public void loseLog(String topic) {
        sentinels.master().call("DEL", "stream:{" + topic + "}");
    }

    @Override
    public void loseTopic(String topic) {
        sentinels.master().call("FLUSHALL");
    }

    @Override
    public void flushCaches() {
        List.of(sentinels.first(), sentinels.second()).forEach(server -> server.call("SCRIPT", "FLUSH"));
    }

    @Override
    public void plantForeignData(String topic) {
        sentinels.master().call("SET", "kv:{" + topic + "}", "somebody else's");
    }

    @Override
    public void plantUnknownLayout(String topic) {
        RedisServer master = sentinels.master();
        master.call("HSET", "kv:{" + topic + "}", "head", "1-1-0000000000000001", "info", "99 whatever");
    }

    @Override
    public void close() {
        // the servers are shared, clients are closed by the suite
    }
}
