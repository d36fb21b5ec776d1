package io.distsync.backend.redis;

import io.distsync.testsupport.redis.RedisSentinels;
import io.distsync.testsupport.redis.RedisServer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.util.List;

/** A real server and its replica behind real sentinels. A restart is a fail-over to the replica. */
final class RedisSentinelFixture extends RedisServersFixture {

    private final RedisSentinels sentinels;
    private final RedisClient driver;

    RedisSentinelFixture(RedisSentinels sentinels, RedisClient driver) {
        super(RedisSyncBackend.Builder::build);
        this.sentinels = sentinels;
        this.driver = driver;
    }

    @Override
    RedisSyncBackend.Builder client() {
        RedisURI.Builder uri = RedisURI.builder().withSentinelMasterId(RedisSentinels.MASTER);
        sentinels.sentinels().forEach(sentinel -> uri.withSentinel("127.0.0.1", sentinel.port()));
        return RedisSyncBackend.builder(driver, uri.build());
    }

    @Override
    public void restart() {
        sentinels.failOver();
        awaitAnswers();
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
}
