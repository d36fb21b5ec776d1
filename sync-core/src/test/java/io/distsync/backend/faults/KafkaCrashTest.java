package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A process is killed (a real one, with SIGKILL) when Redis has its commit and Kafka has nothing of it. */
class KafkaCrashTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private RedisServer redis;
    private EmbeddedKafka kafka;

    @BeforeEach
    void start() {
        redis = RedisServer.start(Durability.ALWAYS);
        kafka = EmbeddedKafka.launch();
    }

    @AfterEach
    void stop() {
        redis.close();
        kafka.close();
    }

    @Test
    @DisplayName("who follows is told, though no record ever came, and somebody sends the records")
    void followers() throws Exception {
        Told told = new Told();
        try (SyncBackend survivor = backend()) {
            Subscription following = survivor.follow(Victim.TOPIC, Version.ABSENT, Scope.entries(), told);
            killAtThePoint();

            eventually().untilAsserted(() -> assertThat(told.changes).hasSize(2));
            eventually().untilAsserted(() -> assertThat(inKafka(told.changes)).containsExactly(true, true));
            assertThat(told.resets).isEmpty();
            following.close();
        }
    }

    @Test
    @DisplayName("records are sent by a node that is started later, and nobody follows")
    void startedLater() throws Exception {
        killAtThePoint();
        List<Change> committed;
        try (SyncBackend store = store().build()) {
            committed = Judgement.changes(store, Victim.TOPIC);
        }
        assertThat(committed).hasSize(2);
        assertThat(inKafka(committed)).as("the process was killed before").containsExactly(false, false);

        try (SyncBackend later = backend()) {
            eventually().untilAsserted(() -> assertThat(inKafka(committed)).containsExactly(true, true));
            eventually()
                    .untilAsserted(
                            () -> assertThat(redis.call("ZCARD", "outbox")).isEqualTo(0L));
            assertThat(Judgement.get(later.read(Victim.TOPIC, Selection.first("", 10)))
                            .entries())
                    .hasSize(2);
        }
    }

    private RedisSyncBackend.Builder store() {
        return RedisSyncBackend.builder(RedisURI.create("127.0.0.1", redis.port()));
    }

    private SyncBackend backend() {
        return KafkaSyncBackend.builder(store(), Map.of("bootstrap.servers", kafka.bootstrapServers()))
                .build();
    }

    private List<Boolean> inKafka(List<Change> changes) {
        OutsideReader.Found found = OutsideReader.readAll(kafka.bootstrapServers(), List.of("stream_shared"));
        return changes.stream()
                .map(change -> found.of(Victim.TOPIC, change).equals(OutsideReader.content(change)))
                .toList();
    }

    private void killAtThePoint() throws IOException, InterruptedException {
        Process victim = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Victim.class.getName(),
                        String.valueOf(redis.port()),
                        kafka.bootstrapServers())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader said = victim.inputReader()) {
            assertThat(said.lines().anyMatch(Victim.AT_THE_POINT::equals)).isTrue();
        } finally {
            victim.destroyForcibly().waitFor();
        }
        assertThat(victim.exitValue()).isEqualTo(128 + 9);
    }

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(50));
    }

    /** What a follower is told. */
    private static final class Told implements ChangeListener {

        private final List<Change> changes = new CopyOnWriteArrayList<>();
        private final List<Version> resets = new CopyOnWriteArrayList<>();

        @Override
        public void onSnapshot(Page page) {}

        @Override
        public void onChanges(List<Change> told) {
            changes.addAll(told);
        }

        @Override
        public void onReset(Version from, Version to) {
            resets.add(to);
        }

        @Override
        public void onState(FeedState state) {}
    }
}
