package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.Change;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.faults.FaultRun.Node;
import io.distsync.backend.faults.FaultRun.Setting;
import io.distsync.backend.faults.Judgement.Kept;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.kafka.KafkaProcess;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The faults on Redis with Kafka beside it, and those of Kafka. Besides what every backend promises: whatever happens, all
 * that is committed is in Kafka in the end.
 */
class KafkaFaultsTest extends StoreFaults {

    private static final Logger log = LoggerFactory.getLogger(KafkaFaultsTest.class);

    private static final List<String> KAFKA_TOPICS = List.of("stream_" + FaultRun.LEDGER, "stream_shared");
    private static final Duration DELIVERY = Duration.ofSeconds(2);

    private static KafkaBroker steady;

    private KafkaBroker kafka = steady;
    private Map<String, Object> producer = Map.of();
    private Map<String, Object> consumer = Map.of();

    @BeforeAll
    static void startKafka() {
        steady = EmbeddedKafka.launch();
    }

    @AfterAll
    static void stopKafka() {
        steady.close();
    }

    @Override
    SyncBackend backend(RedisSyncBackend.Builder store) {
        return KafkaSyncBackend.builder(store, with(Map.of()))
                .producer(with(producer))
                .consumer(with(consumer))
                .topics(Set.of(FaultRun.LEDGER))
                .partitions(3)
                .heartbeat(Duration.ofMillis(250))
                .build();
    }

    private Map<String, Object> with(Map<String, Object> more) {
        Map<String, Object> all = new HashMap<>(more);
        all.put("bootstrap.servers", kafka.bootstrapServers());
        return all;
    }

    @Override
    boolean isSilentWithoutStore() {
        return false;
    }

    @Override
    void judge(FaultRun run, Kept kept) {
        eventually()
                .untilAsserted(() -> assertThat(run.server().call("ZRANGE", "outbox", "0", "5"))
                        .as("commits that wait for their broadcast")
                        .isEqualTo(List.of()));
        if (!kept.state() || !kept.log()) {
            return;
        }
        OutsideReader.Found found = OutsideReader.readAll(kafka.bootstrapServers(), KAFKA_TOPICS);
        assertThat(found.contradictions())
                .as("records that came again with other contents")
                .isZero();
        try (SyncBackend store = run.observer()) {
            int changes = 0;
            for (String topic : List.of(FaultRun.LEDGER, FaultRun.SUMS, FaultRun.MIXED.get(0), FaultRun.MIXED.get(1))) {
                for (Change change : Judgement.changes(store, topic)) {
                    changes++;
                    assertThat(found.of(topic, change))
                            .as("what is in Kafka of topic '%s' at %s", topic, change.version())
                            .isEqualTo(OutsideReader.content(change));
                }
            }
            log.info("all {} changes are in Kafka, {} records came again", changes, found.repeated());
        }
    }

    @Test
    @DisplayName("the broker is stopped for three seconds")
    void stoppedBroker() throws Exception {
        onProcess(broker -> play(Setting.PATIENT, Kept.ALL, (run, random) -> {
            broker.pause();
            after(OUTAGE).join();
            assertUnreachable(run);
            broker.resume();
            assertCarriedOn(run);
        }));
    }

    @Test
    @DisplayName("the broker is killed and started again")
    void killedBroker() throws Exception {
        onProcess(broker -> play(Setting.PATIENT, Kept.ALL, (run, random) -> {
            for (int i = 0; i < 2; i++) {
                broker.kill();
                run.awaitEachNode(100); // without it
                broker.start();
                assertCarriedOn(run);
            }
        }));
    }

    @Test
    @DisplayName("the broker is away for longer than the producer waits")
    void brokerAwayForLong() throws Exception {
        producer = Map.of(
                "delivery.timeout.ms", (int) DELIVERY.toMillis(), "request.timeout.ms", (int) DELIVERY.toMillis() / 2);
        onProcess(broker -> play(Setting.PATIENT, Kept.ALL, (run, random) -> {
            broker.kill();
            after(DELIVERY.multipliedBy(2)).join();
            assertUnreachable(run);
            broker.start();
            assertCarriedOn(run);
        }));
    }

    @Test
    @DisplayName("records come in any order, twice, late, or not at all")
    void disorder() throws Exception {
        consumer = Map.of("interceptor.classes", Disorder.class.getName());
        play(Setting.PATIENT, Kept.ALL, (run, random) -> run.awaitAcknowledged(1_500));
    }

    /** What is played on a broker that can be killed. */
    private interface OnProcess {
        void play(KafkaProcess broker) throws Exception;
    }

    private void onProcess(OnProcess what) throws Exception {
        try (KafkaProcess broker = KafkaProcess.launch()) {
            kafka = broker;
            what.play(broker);
        }
    }

    private static void assertUnreachable(FaultRun run) {
        eventually()
                .untilAsserted(() -> assertThat(run.nodes())
                        .allSatisfy(node ->
                                assertThat(broadcast(node).unreachableSince()).isNotNull()));
        Map<Node, Long> seen = new HashMap<>();
        run.nodes().forEach(node -> seen.put(node, revision(node)));
        run.awaitEachNode(50);
        eventually()
                .untilAsserted(() -> assertThat(run.nodes())
                        .as("views go on with Redis")
                        .allMatch(node -> revision(node) > Objects.requireNonNull(seen.get(node)) + 50));
    }

    private static void assertCarriedOn(FaultRun run) {
        eventually()
                .untilAsserted(() -> assertThat(run.nodes())
                        .allSatisfy(node -> assertThat(broadcast(node).isWell()).isTrue()));
        run.awaitEachNode(50);
    }

    private static long revision(Node node) {
        return node.handle(FaultRun.LEDGER).versioned().version().revision();
    }

    private static Broadcast broadcast(Node node) {
        return Objects.requireNonNull(node.backend().info().broadcast());
    }
}
