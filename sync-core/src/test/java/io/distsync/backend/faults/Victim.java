package io.distsync.backend.faults;

import io.distsync.backend.Commit;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** A process that commits, and stands still between the answer of Redis and its first record, until somebody kills it. */
public final class Victim {

    static final String TOPIC = "victim";

    /** Kafka makes the interceptor by its name, so they have to meet here. */
    private static final CountDownLatch SENDING = new CountDownLatch(1);

    /** What it says when it stands there. */
    static final String AT_THE_POINT = "committed, and nothing sent";

    private Victim() {}

    /**
     * Commits two changes at once.
     *
     * @param arguments port of Redis, bootstrap servers of Kafka
     */
    public static void main(String[] arguments) throws Exception {
        RedisSyncBackend.Builder redis =
                RedisSyncBackend.builder(RedisURI.create("127.0.0.1", Integer.parseInt(arguments[0])));
        KafkaSyncBackend backend = KafkaSyncBackend.builder(redis, Map.of("bootstrap.servers", arguments[1]))
                .producer(Map.of("bootstrap.servers", arguments[1], "interceptor.classes", StandStill.class.getName()))
                .build();
        int number = 0;
        do { // until something is sent: before, the producer may not know the topic yet
            number++;
            commit(backend, "warm-up", number);
        } while (!SENDING.await(50, TimeUnit.MILLISECONDS));
        commit(backend, TOPIC, 0);
        new CountDownLatch(1).await(60, TimeUnit.SECONDS); // somebody has to kill it before
    }

    private static void commit(SyncBackend backend, String topic, int number) throws Exception {
        Commit commit = Commit.of(
                topic,
                new RequestId(1, number),
                Version.ABSENT,
                List.of(),
                List.of(
                        Mutation.put("a", Payload.ofBytes("1".getBytes(StandardCharsets.US_ASCII))),
                        Mutation.put("b", Payload.ofBytes("2".getBytes(StandardCharsets.US_ASCII)))));
        backend.commit(commit).toCompletableFuture().get();
    }

    /** Says that a record of the topic is about to be sent, and goes no further. */
    public static final class StandStill implements ProducerInterceptor<byte[], byte[]> {

        @Override
        public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
            SENDING.countDown();
            if (!new String(record.key(), StandardCharsets.US_ASCII).equals(TOPIC)) {
                return record;
            }
            System.out.println(AT_THE_POINT);
            while (true) {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public void onAcknowledgement(RecordMetadata metadata, Exception exception) {}

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }
}
