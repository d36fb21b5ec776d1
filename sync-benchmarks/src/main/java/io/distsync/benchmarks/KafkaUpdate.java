package io.distsync.benchmarks;

import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;

/** What is measured: the service on a backend that broadcasts by Kafka, with a Kafka topic for this state alone. */
final class KafkaUpdate implements SharedState {

    private static final String TOPIC = "app_state";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final KafkaSyncBackend backend;
    private final OptimisticUpdate update;
    private final Broadcasts broadcasts;

    private KafkaUpdate(Servers servers) {
        backend = KafkaSyncBackend.builder(
                        RedisSyncBackend.builder(RedisURI.create(servers.redis())),
                        Map.of("bootstrap.servers", servers.broker()))
                .topics(Set.of(TOPIC))
                .build();
        update = new OptimisticUpdate(backend);
        awaitTopics(backend);
        broadcasts = new Broadcasts(servers.broker(), "stream_" + TOPIC);
    }

    static KafkaUpdate on(Servers servers) {
        return new KafkaUpdate(servers);
    }

    static KafkaUpdate following(Servers servers) {
        KafkaUpdate state = on(servers);
        var unused = state.update.following();
        return state;
    }

    static void awaitTopics(KafkaSyncBackend backend) {
        try {
            String refusal = backend.awaitTopics(PATIENCE);
            Checks.require("topics can be used: " + refusal, refusal == null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void increment() {
        update.increment();
    }

    @Override
    public void annotate(String note) {
        update.annotate(note);
    }

    @Override
    public long shown() {
        return update.shown();
    }

    @Override
    public void settle(long updates) {
        broadcasts.await(updates);
    }

    @Override
    public void check(long updates) {
        update.check(updates);
        Checks.eventually("nothing waits for its broadcast", () -> broadcast().pending() == 0);
        Checks.require("broadcasting does well", broadcast().isWell());
        broadcasts.check(updates);
    }

    private Broadcast broadcast() {
        return Objects.requireNonNull(backend.info().broadcast());
    }

    @Override
    public void listen(LongConsumer listener) {
        update.listen(listener);
    }

    @Override
    public void listen(List<LongConsumer> listeners) {
        update.listen(listeners);
    }

    @Override
    public void close() {
        broadcasts.close();
        update.close();
    }
}
