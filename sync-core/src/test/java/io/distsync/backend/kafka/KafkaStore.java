package io.distsync.backend.kafka;

import static org.awaitility.Awaitility.await;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Subscription;
import io.distsync.backend.redis.RedisFixture;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A real Redis and a real Kafka for the tests of one class. */
final class KafkaStore implements AutoCloseable {

    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final String ANYTHING = "anything";

    private final RedisServer redis;
    private final RedisClient driver = RedisFixture.driver();
    private final FaultProxy proxy = FaultProxy.to(1);
    private final EmbeddedKafka kafka =
            EmbeddedKafka.launch("advertised.listeners=PLAINTEXT://127.0.0.1:" + proxy.port());

    KafkaStore(Durability durability) {
        redis = RedisServer.start(durability);
        proxy.retarget(kafka.port());
    }

    RedisServer redis() {
        return redis;
    }

    EmbeddedKafka kafka() {
        return kafka;
    }

    /** What every client goes through. */
    String bootstrapServers() {
        return "127.0.0.1:" + proxy.port();
    }

    RedisClient driver() {
        return driver;
    }

    /** Cases on both; each client reads Kafka before it is used, or the cases would be about Redis alone. */
    RedisFixture fixture() {
        return new KafkaFixture(redis, driver, this::connected, proxy);
    }

    /** A backend that is about to read Kafka. */
    KafkaSyncBackend.Builder on(RedisSyncBackend.Builder store) {
        return KafkaSyncBackend.builder(store, Map.of("bootstrap.servers", bootstrapServers()))
                .partitions(1);
    }

    private KafkaSyncBackend connected(RedisSyncBackend.Builder store) {
        KafkaSyncBackend backend = on(store).build();
        awaitFeed(backend);
        return backend;
    }

    /** Waits until the backend reads the shared topic; it goes on with that. */
    static void awaitFeed(KafkaSyncBackend backend) {
        Subscription unused = backend.follow(ANYTHING, Version.ABSENT, Scope.log(), new Nobody());
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() ->
                        backend.carrier().brings(ANYTHING) && backend.carrier().isAble());
    }

    /** Commits that came by Kafka. */
    static long delivered(KafkaSyncBackend backend) {
        return Objects.requireNonNull(backend.carrier().feed()).delivered();
    }

    @Override
    public void close() {
        List<AutoCloseable> all = new ArrayList<>(List.of(kafka, proxy, driver::shutdown, redis));
        for (AutoCloseable each : all) {
            try {
                each.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Listens to nothing. */
    private static final class Nobody implements ChangeListener {

        @Override
        public void onSnapshot(Page page) {}

        @Override
        public void onChanges(List<Change> changes) {}

        @Override
        public void onReset(Version from, Version to) {}

        @Override
        public void onState(FeedState state) {}
    }
}
