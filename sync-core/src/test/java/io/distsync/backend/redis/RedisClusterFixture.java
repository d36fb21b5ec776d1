package io.distsync.backend.redis;

import io.distsync.backend.SyncBackend;
import io.distsync.testsupport.redis.RedisCluster;
import io.distsync.testsupport.redis.RedisServer;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** A real cluster of three masters. */
public final class RedisClusterFixture extends RedisServersFixture {

    private final RedisCluster cluster;
    private final RedisClusterClient driver;

    RedisClusterFixture(RedisCluster cluster, RedisClusterClient driver) {
        this(cluster, driver, RedisSyncBackend.Builder::build);
    }

    /** @param making what becomes of the settings of a client: a backend that stands on it, perhaps */
    public RedisClusterFixture(
            RedisCluster cluster, RedisClusterClient driver, Function<RedisSyncBackend.Builder, SyncBackend> making) {
        super(making);
        this.cluster = cluster;
        this.driver = driver;
    }

    @Override
    RedisSyncBackend.Builder client() {
        return RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", 0));
    }

    @Override
    public void restart() {
        cluster.masters().forEach(RedisServer::kill);
        cluster.masters().forEach(RedisServer::start);
        awaitAnswers();
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
}
