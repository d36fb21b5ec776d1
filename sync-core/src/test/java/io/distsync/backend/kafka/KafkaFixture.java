package io.distsync.backend.kafka;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisFixture;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.redis.RedisServer;
import io.lettuce.core.RedisClient;
import java.util.function.Function;

/** A real Redis and a real Kafka. All clients go to Kafka by one way, so that a client who is cut off takes the others along. */
final class KafkaFixture extends RedisFixture {

    private final FaultProxy kafka;

    KafkaFixture(
            RedisServer redis,
            RedisClient driver,
            Function<RedisSyncBackend.Builder, SyncBackend> making,
            FaultProxy kafka) {
        super(redis, driver, making);
        this.kafka = kafka;
    }

    @Override
    public void cut(SyncBackend client) {
        kafka.refuse(true);
        kafka.cut();
        super.cut(client);
    }

    @Override
    public boolean broadcastOutlastsTheLog() {
        return true;
    }

    @Override
    public void silence(SyncBackend client) {
        kafka.hold();
        super.silence(client);
    }

    @Override
    public void heal(SyncBackend client) {
        healKafka();
        super.heal(client);
    }

    private void healKafka() {
        kafka.refuse(false);
        kafka.release();
    }

    @Override
    public void close() {
        super.close();
        healKafka(); // it is shared with the next case
    }
}
