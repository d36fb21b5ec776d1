package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.Capability;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.redis.RedisServer;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * A real server, each client behind a proxy of its own. The scripts' clock is a number in the server that the
 * cases move: to wait for a lease of an hour is not an option, and an exact deadline cannot be met otherwise.
 */
public class RedisFixture implements BackendFixture {

    /** Where the clock of the scripts is, in ms. */
    static final String NOW = "test:now";

    private static final String REFUSE = "test:refuse";
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);
    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final Duration SWEEP = Duration.ofMillis(50);
    private static final Duration SECOND_LOOK = Duration.ofSeconds(10); // more than a follower may be away

    private final RedisServer server;
    private final RedisClient driver;
    private final boolean generalOnly;
    private final Function<RedisSyncBackend.Builder, SyncBackend> making;
    private final IdentityHashMap<SyncBackend, FaultProxy> proxies = new IdentityHashMap<>();

    /** @param driver shared by the cases: its threads take two seconds to end */
    RedisFixture(RedisServer server, RedisClient driver) {
        this(server, driver, false, RedisSyncBackend.Builder::build);
    }

    /** @param generalOnly whether the script for the common case leaves everything to the general one */
    RedisFixture(RedisServer server, RedisClient driver, boolean generalOnly) {
        this(server, driver, generalOnly, RedisSyncBackend.Builder::build);
    }

    /** @param making what becomes of the settings of a client: a backend that stands on it, perhaps */
    public RedisFixture(
            RedisServer server, RedisClient driver, Function<RedisSyncBackend.Builder, SyncBackend> making) {
        this(server, driver, false, making);
    }

    private RedisFixture(
            RedisServer server,
            RedisClient driver,
            boolean generalOnly,
            Function<RedisSyncBackend.Builder, SyncBackend> making) {
        this.server = server;
        this.driver = driver;
        this.generalOnly = generalOnly;
        this.making = making;
        server.call("SET", NOW, String.valueOf(System.currentTimeMillis()));
    }

    /** The threads of the driver for a whole suite. */
    public static RedisClient driver() {
        RedisClient client = RedisClient.create();
        client.setOptions(RedisSyncBackend.safe(ClientOptions.create()));
        return client;
    }

    @Override
    public SyncBackend open() {
        FaultProxy proxy = FaultProxy.to(server.port());
        SyncBackend backend = making.apply(RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", proxy.port()))
                .heartbeat(HEARTBEAT)
                .sweep(SWEEP)
                .seam(script -> onTestClock(generalOnly ? leavingAll(script) : script)));
        proxies.put(backend, proxy);
        return backend;
    }

    /** A script for a common case that leaves everything to the general one. */
    static String leavingAll(String script) {
        return script.contains("{'G'}")
                ? "return {'G'}"
                : script.replace("local renewed = 0", "local renewed, stored = 0, {}");
    }

    /** The scripts on the test's clock, and refused once in the words of a busy server if that was asked for. */
    static String onTestClock(String script) {
        return "if #KEYS > 1 and redis.call('DEL', '" + REFUSE + "') == 1 then\n"
                + "  return redis.error_reply('BUSY Redis is busy running a script')\n"
                + "end\n"
                + script.replace(
                        "redis.call('TIME')",
                        "{math.floor(redis.call('GET', '" + NOW + "') / 1000), redis.call('GET', '" + NOW
                                + "') % 1000 * 1000}");
    }

    @Override
    public Map<Capability, String> lacking() {
        Map<Capability, String> lacking = new EnumMap<>(Capability.class);
        lacking.put(
                Capability.WALL_CLOCK, "Redis counts leases by the wall clock of its machine, so a jump moves them");
        return lacking;
    }

    @Override
    public Duration sweep() {
        return SWEEP;
    }

    @Override
    public Duration secondLook() {
        return SECOND_LOOK;
    }

    @Override
    public long forgottenAfter(long retained) {
        return 2 * retained + 512;
    }

    @Override
    public void advance(Duration time) {
        String now = String.valueOf(server.call("INCRBY", NOW, String.valueOf(time.toMillis())));
        await().atMost(BOUND)
                .pollInterval(POLL)
                .untilAsserted(() -> assertThat(server.call("ZCOUNT", "due", "-inf", now))
                        .as("topics in which something is due")
                        .isEqualTo(0L));
    }

    @Override
    public void cut(SyncBackend client) {
        proxy(client).refuse(true);
        proxy(client).cut();
    }

    @Override
    public void silence(SyncBackend client) {
        proxy(client).hold();
    }

    @Override
    public void heal(SyncBackend client) {
        proxy(client).refuse(false);
        proxy(client).release();
        awaitAnswer(client);
    }

    /** A client that has to open new connections first is not what the cases are about. */
    private static void awaitAnswer(SyncBackend client) {
        await().atMost(BOUND).pollInterval(POLL).ignoreExceptions().until(() -> {
            return client.read("probe", Selection.none()).toCompletableFuture().get() != null;
        });
    }

    @Override
    public void loseNextReply(SyncBackend client) {
        proxy(client).loseRepliesTo("old:{", 1); // of a commit, not of a look for heads or for what is due
    }

    @Override
    public void refuseNext(SyncBackend client) {
        server.call("SET", REFUSE, "1");
    }

    @Override
    public void restart() {
        server.kill();
        server.start();
        proxies.keySet().forEach(RedisFixture::awaitAnswer);
    }

    @Override
    public Runnable remember() {
        IdentityHashMap<byte[], byte[]> dumps = new IdentityHashMap<>();
        try (StatefulRedisConnection<byte[], byte[]> connection = connect()) {
            for (byte[] key : connection.sync().keys("*")) {
                byte[] dump = connection.sync().dump(key);
                if (dump != null) { // or it has gone meanwhile, as an outbox does
                    dumps.put(key, dump);
                }
            }
        }
        return () -> {
            try (StatefulRedisConnection<byte[], byte[]> connection = connect()) {
                connection.sync().multi();
                var unused = connection.sync().flushall();
                dumps.forEach((key, dump) -> connection.sync().restore(key, 0, dump));
                connection.sync().exec();
            }
        };
    }

    private StatefulRedisConnection<byte[], byte[]> connect() {
        return driver.connect(ByteArrayCodec.INSTANCE, RedisURI.create("127.0.0.1", server.port()));
    }

    @Override
    public void loseState(String topic) {
        server.call("DEL", "kv:{" + topic + "}");
    }

    @Override
    public void loseLog(String topic) {
        server.call("DEL", "stream:{" + topic + "}");
    }

    @Override
    public void loseTopic(String topic) {
        String now = String.valueOf(server.call("GET", NOW));
        server.call("EVAL", "redis.call('FLUSHALL') return redis.call('SET', KEYS[1], ARGV[1] + 1)", "1", NOW, now);
    }

    @Override
    public void flushCaches() {
        server.call("SCRIPT", "FLUSH");
    }

    @Override
    public void plantForeignData(String topic) {
        server.call("SET", "kv:{" + topic + "}", "somebody else's");
    }

    @Override
    public void plantUnknownLayout(String topic) {
        server.call("HSET", "kv:{" + topic + "}", "head", "1-1-0000000000000001", "info", "99 whatever");
    }

    private FaultProxy proxy(SyncBackend client) {
        return Objects.requireNonNull(proxies.get(client));
    }

    @Override
    public void close() {
        List<FaultProxy> all = new ArrayList<>(proxies.values());
        all.forEach(FaultProxy::close);
    }
}
