package io.distsync.backend.kafka;

import static io.distsync.backend.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.FeedState;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.time.VirtualTime;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is particular to Kafka. */
class KafkaSyncBackendTest {

    private static final Duration BOUND = Duration.ofSeconds(30);

    private static KafkaStore store;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final AtomicLong sequence = new AtomicLong();
    private final String topic = "t:" + UUID.randomUUID();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private KafkaSyncBackend backend;

    @BeforeAll
    static void start() {
        store = new KafkaStore(Durability.NONE);
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void open() {
        backend = connected(builder());
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private static KafkaSyncBackend.Builder builder() {
        return store.on(redis());
    }

    private static RedisSyncBackend.Builder redis() {
        return RedisSyncBackend.builder(
                        store.driver(),
                        RedisURI.create("127.0.0.1", store.redis().port()))
                .sweep(Duration.ofMillis(50));
    }

    private KafkaSyncBackend connected(KafkaSyncBackend.Builder builder) {
        KafkaSyncBackend made = made(builder);
        KafkaStore.awaitFeed(made);
        return made;
    }

    private KafkaSyncBackend made(KafkaSyncBackend.Builder builder) {
        KafkaSyncBackend made = builder.heartbeat(Duration.ofMillis(100)).build();
        opened.add(0, made);
        return made;
    }

    // --- records ----------------------------------------------------------------------------------------------------

    @Test
    void commitIsARowOfRecordsInOnePartition() throws Exception {
        backend.close(); // it would take late commits for its own, and not know where they belong
        KafkaSyncBackend own = connected(builder().topics(Set.of(topic)));
        assertThat(own.awaitTopics(BOUND)).isNull();
        eventually().until(() -> own.carrier().isAble());
        List<Change> first = commit(own, Mutation.put("a", text("1")), Mutation.put("b", text("2")));
        List<Change> second = commit(own, Mutation.delete("a"), Mutation.add("n", 5));

        List<ConsumerRecord<byte[], byte[]>> records = awaitRecords("stream_" + TopicNames.escaped(topic), 4);

        assertThat(records).extracting(ConsumerRecord::partition).containsOnly(0);
        assertThat(records).extracting(RecordFormat::change).isEqualTo(joined(first, second));
        assertThat(records).extracting(KafkaSyncBackendTest::value).containsExactly("1", "2", null, "5");
    }

    @Test
    void onlyDeclaredTopicsHaveATopicOfTheirOwn() throws Exception {
        made(builder().topics(Set.of(topic))).awaitTopics(BOUND);
        commit(backend, Mutation.put("a", text("1")));

        awaitRecords("stream_shared", 1);
        try (Admin admin = admin()) {
            assertThat(admin.listTopics().names().get())
                    .contains("stream_shared", "stream_" + TopicNames.escaped(topic))
                    .noneMatch(name -> name.startsWith("__"));
            assertThat(admin.listGroups().all().get()).as("groups").isEmpty();
        }
    }

    @Test
    void topicWhoseLogHasNoPayloadsHasRecordsWithoutValues() {
        TopicOptions keysOnly = TopicOptions.defaults().withLogPayloads(false);
        commit(backend, keysOnly, Mutation.put("a", text("secret")));

        ConsumerRecord<byte[], byte[]> record = awaitRecords("stream_shared", 1).get(0);

        assertThat(record.value()).isNull();
        assertThat(RecordFormat.change(record).cause()).isEqualTo(Change.Cause.WRITE);
    }

    @Test
    void expiryIsARecord() {
        commit(backend, Mutation.put("a", text("1"), LeaseRule.set("lease", Duration.ofMillis(100))));

        List<ConsumerRecord<byte[], byte[]>> records = awaitRecords("stream_shared", 2);

        Change expiry = RecordFormat.change(records.get(1));
        assertThat(expiry.cause()).isEqualTo(Change.Cause.EXPIRED);
        assertThat(expiry.request()).isEqualTo(RequestId.NONE);
        awaitNothingWaiting(backend);
    }

    // --- followers --------------------------------------------------------------------------------------------------

    @Test
    void changesComeByKafkaAndTheLogIsNotRead() {
        KafkaSyncBackend writer = connected(builder());
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        long calls = KafkaStore.delivered(backend);

        for (int i = 0; i < 20; i++) {
            commit(writer, Mutation.put("a", text("" + i)), Mutation.put("b", text("" + i)));
        }

        eventually().untilAsserted(() -> assertThat(told.changes).hasSize(40));
        assertThat(KafkaStore.delivered(backend) - calls).isEqualTo(20);
        assertThat(told.states).as("no question was put").containsExactly(FeedState.CURRENT);
        assertThat(told.commits).isEqualTo(20);
    }

    @Test
    void changeWhoseRecordDoesNotComeIsReadAndBroadcastByWhoeverNotices() {
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        long calls = KafkaStore.delivered(backend);
        try (SyncBackend mute = redis().broadcaster(new Mute()).build()) {
            List<Change> changes = commit(mute, Mutation.put("a", text("1")));

            eventually().untilAsserted(() -> assertThat(told.changes).isEqualTo(changes));
            assertThat(KafkaStore.delivered(backend)).as("read from the log").isEqualTo(calls);
            assertThat(RecordFormat.change(awaitRecords("stream_shared", 1).get(0)))
                    .isEqualTo(changes.get(0));
        }
        awaitNothingWaiting(backend);
        assertThat(told.resets).isZero();
    }

    @Test
    @DisplayName("F27: a record that comes late does not let what came after it be told first")
    void keysAreToldInTheOrderOfTheTopicThoughARecordIsLate() {
        KafkaSyncBackend writer = connected(builder());
        Recorded told = follow(backend, Scope.keys(Set.of("a", "b")));
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        try (SyncBackend mute = redis().broadcaster(new Mute()).build()) {
            List<Change> expected = new ArrayList<>(commit(writer, Mutation.put("b", text("1"))));
            expected.addAll(commit(mute, Mutation.put("a", text("2"))));
            expected.addAll(commit(writer, Mutation.put("b", text("3"))));

            eventually().untilAsserted(() -> assertThat(told.changes).isEqualTo(expected));
            awaitRecords("stream_shared", 3);
            awaitNothingWaiting(backend);
            assertThat(told.changes).isEqualTo(expected);
        }
        assertThat(told.resets).isZero();
    }

    @Test
    void recordsOfOthersDoNotStopTheFeed() throws Exception {
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        try (Producer<byte[], byte[]> other =
                new KafkaProducer<>(clientConfig(), new ByteArraySerializer(), new ByteArraySerializer())) {
            other.send(new ProducerRecord<>("stream_shared", null, bytes("no key")))
                    .get();
            other.send(new ProducerRecord<>("stream_shared", bytes(topic), bytes("no headers")))
                    .get();
            other.send(new ProducerRecord<>("stream_shared", bytes("\u00ff\u0000"), null))
                    .get();
        }
        List<Change> changes = commit(backend, Mutation.put("a", text("1")));

        eventually().untilAsserted(() -> assertThat(told.changes).isEqualTo(changes));
        assertThat(Objects.requireNonNull(backend.carrier().feed()).malformed()).isEqualTo(1);
    }

    @Test
    @DisplayName("F20: the end of a transaction of somebody else is no gap")
    void controlRecordsAreNoGap() throws Exception {
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        Map<String, Object> transactional =
                Map.of("bootstrap.servers", store.bootstrapServers(), "transactional.id", "somebody-else");
        commit(backend, Mutation.put("a", text("1")));
        try (Producer<byte[], byte[]> other =
                new KafkaProducer<>(transactional, new ByteArraySerializer(), new ByteArraySerializer())) {
            other.initTransactions();
            other.beginTransaction();
            var unused = other.send(new ProducerRecord<>("stream_shared", bytes("another topic"), bytes("1")));
            other.commitTransaction();
        }
        commit(backend, Mutation.put("a", text("2")));

        eventually().untilAsserted(() -> assertThat(told.changes).hasSize(2));
        assertThat(told.states).as("no question was put").containsExactly(FeedState.CURRENT);
        assertThat(told.resets).isZero();
    }

    @Test
    @DisplayName("F20: records that are deleted before they are read are no gap")
    void recordsThatAreDeletedBeforeTheyAreReadAreNoGap() throws Exception {
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        for (int i = 0; i < 50; i++) {
            commit(backend, Mutation.put("a", text("" + i)));
        }
        try (Admin admin = admin()) {
            TopicPartition partition = new TopicPartition("stream_shared", 0);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1)))
                    .all()
                    .get();
        }
        commit(backend, Mutation.put("a", text("last")));

        eventually().untilAsserted(() -> assertThat(told.changes).hasSize(51));
        assertThat(told.resets).isZero();
    }

    @Test
    void topicThatIsLookedForElsewhereIsReadFromTheLog() {
        KafkaSyncBackend elsewhere = connected(builder().topics(Set.of(topic)));
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));

        List<Change> changes = commit(elsewhere, Mutation.put("a", text("1")));

        eventually().untilAsserted(() -> assertThat(told.changes).isEqualTo(changes));
    }

    // --- the broker -------------------------------------------------------------------------------------------------

    @Test
    void brokerThatIsAwayDelaysNothingButTheBroadcast() {
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        store.kafka().stop();
        List<Change> changes;
        try {
            changes = commit(backend, Mutation.put("a", text("1")));

            eventually().untilAsserted(() -> assertThat(told.changes).isEqualTo(changes));
            eventually().untilAsserted(() -> {
                assertThat(broadcast(backend).unreachableSince()).isNotNull();
                assertThat(broadcast(backend).pending()).isPositive();
                assertThat(broadcast(backend).isWell()).isFalse();
            });
            assertThat(backend.info().unreachableSince()).as("the store").isNull();
            commit(backend, Mutation.put("b", text("2"))); // when the producer has forgotten what it knew
            assertThat(broadcast(backend).problem()).isNull();
        } finally {
            store.kafka().start();
        }
        awaitNothingWaiting(backend);
        eventually().until(() -> broadcast(backend).isWell());
        assertThat(awaitRecords("stream_shared", 2))
                .extracting(RecordFormat::change)
                .containsAll(changes);
    }

    @Test
    void commitWaitsForTheBrokerIfSoAsked() throws Exception {
        KafkaSyncBackend waiting = connected(builder().waitForBroker(BOUND));
        for (int i = 1; i <= 20; i++) {
            commit(waiting, Mutation.put("a", text("" + i)));
            assertThat(records("stream_shared"))
                    .as("records when the commit returns")
                    .hasSize(i);
        }
    }

    @Test
    void commitThatWaitedInVainIsCommitted() {
        KafkaSyncBackend waiting = connected(builder().waitForBroker(Duration.ofMillis(200)));
        store.kafka().stop();
        try {
            assertThat(commit(waiting, Mutation.put("a", text("1")))).hasSize(1);
        } finally {
            store.kafka().start();
        }
        awaitNothingWaiting(waiting);
    }

    @Test
    void nameThatCannotBeResolvedIsTriedAgain() {
        KafkaSyncBackend lost =
                made(KafkaSyncBackend.builder(redis(), Map.of("bootstrap.servers", "no-such-host.invalid:9092")));

        List<Change> changes = commit(lost, Mutation.put("a", text("1")));

        assertThat(changes).hasSize(1);
        assertThat(broadcast(lost).unreachableSince()).isNotNull();
    }

    @Test
    void settingsThatKafkaDoesNotTakeAreRefused() {
        KafkaSyncBackend.Builder wrong = KafkaSyncBackend.builder(
                redis(), Map.of("bootstrap.servers", store.bootstrapServers(), "security.protocol", "NONSENSE"));

        assertThatThrownBy(wrong::build).isInstanceOf(KafkaException.class).hasStackTraceContaining("NONSENSE");
    }

    @Test
    void nothingIsLeftOfAClosedBackend() {
        KafkaSyncBackend another = connected(builder());
        commit(another, Mutation.put("a", text("1")));
        String clients = another.carrier().clientId();
        assertThat(threadsOf(clients)).hasSizeGreaterThanOrEqualTo(2);

        another.close();

        eventually().untilAsserted(() -> assertThat(threadsOf(clients)).isEmpty());
        assertThatThrownBy(() -> answer(another.read(topic, Selection.none()))).hasMessageContaining("closed");
    }

    // --- topics -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("F20: a compacted Kafka topic is refused")
    void compactedTopicIsRefused() throws Exception {
        create("stream_" + TopicNames.escaped(topic), Map.of("cleanup.policy", "compact"));

        assertThat(made(builder().topics(Set.of(topic))).awaitTopics(BOUND))
                .contains(TopicNames.escaped(topic))
                .contains("cleanup.policy is 'compact', but must be 'delete'");
    }

    @Test
    @DisplayName("F20: a Kafka topic that takes small records only is refused, and commits go on")
    void topicThatTakesOnlySmallRecordsIsRefused() throws Exception {
        create("stream_" + TopicNames.escaped(topic), Map.of("max.message.bytes", "1000"));

        KafkaSyncBackend refusing = made(builder().topics(Set.of(topic)));

        assertThat(refusing.awaitTopics(BOUND)).contains("max.message.bytes is 1000, but must be at least");
        assertThat(broadcast(refusing).problem()).contains("max.message.bytes");
        assertThat(commit(refusing, Mutation.put("a", text("1"))))
                .as("commits go on")
                .hasSize(1);
    }

    @Test
    @DisplayName("F20: a Kafka topic that can never have enough replicas is refused")
    void topicThatCanNeverHaveEnoughReplicasIsRefused() throws Exception {
        create(
                "stream_" + TopicNames.escaped(topic),
                Map.of("min.insync.replicas", "2", "max.message.bytes", "2000000"));

        assertThat(made(builder().topics(Set.of(topic))).awaitTopics(BOUND))
                .contains("min.insync.replicas is 2, but it has 1 replicas");
    }

    @Test
    void missingTopicIsRefusedIfItIsNotToBeMade() throws Exception {
        assertThat(made(builder().topics(Set.of(topic)).createTopics(false)).awaitTopics(BOUND))
                .contains(TopicNames.escaped(topic))
                .contains("does not exist");
    }

    @Test
    void topicsThatWereWaitedForAreSentToAtOnce() throws Exception {
        for (int i = 0; i < 5; i++) {
            String fresh = topic + i;
            KafkaSyncBackend own = made(builder().topics(Set.of(fresh)));
            assertThat(own.awaitTopics(BOUND)).isNull();
            assertThat(own.carrier().send(fresh, List.of(change(1))))
                    .as("whether the brokers have it")
                    .succeedsWithin(BOUND)
                    .isEqualTo(true);
            own.close();
        }
    }

    @Test
    void topicsAreMadeAsConfigured() throws Exception {
        made(KafkaSyncBackend.builder(
                                redis().prefix("made:").maxPayloadBytes(2_000_000),
                                Map.of("bootstrap.servers", store.bootstrapServers()))
                        .topics(Set.of("own"))
                        .partitions(4)
                        .replicationFactor(1)
                        .retention(Duration.ofDays(30)))
                .awaitTopics(BOUND);

        try (Admin admin = admin()) {
            var described = admin.describeTopics(List.of("made_x3A_stream_shared", "made_x3A_stream_own"))
                    .allTopicNames()
                    .get();
            assertThat(Objects.requireNonNull(described.get("made_x3A_stream_shared"))
                            .partitions())
                    .hasSize(4);
            assertThat(Objects.requireNonNull(described.get("made_x3A_stream_own"))
                            .partitions())
                    .hasSize(1);
        }
        assertThat(setting("made_x3A_stream_own", "retention.ms"))
                .isEqualTo(String.valueOf(Duration.ofDays(30).toMillis()));
        assertThat(setting("made_x3A_stream_own", "cleanup.policy")).isEqualTo("delete");
        assertThat(Integer.parseInt(setting("made_x3A_stream_own", "max.message.bytes")))
                .isGreaterThan(2_000_000);
    }

    @Test
    void topicThatGetsMorePartitionsIsReadWhereItIsThen() throws Exception {
        KafkaSyncBackend writer = connected(apart("grown:"));
        KafkaSyncBackend reader = connected(apart("grown:"));
        Recorded told = follow(reader);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        int partitions = IntStream.iterate(2, more -> more + 1)
                .filter(count -> placeAmong(count) > 0)
                .findFirst()
                .orElseThrow();
        try (Admin admin = admin()) {
            admin.createPartitions(Map.of("grown_x3A_stream_shared", NewPartitions.increaseTo(partitions)))
                    .all()
                    .get();
        }

        eventually()
                .until(() -> Objects.requireNonNull(reader.carrier().feed())
                        .partitions()
                        .contains(new TopicPartition("grown_x3A_stream_shared", placeAmong(partitions))));
        awaitCarried(writer, reader, told);
        assertThat(awaitRecords("grown_x3A_stream_shared", 1))
                .last()
                .extracting(ConsumerRecord::partition)
                .isEqualTo(placeAmong(partitions));
        assertThat(told.resets).isZero();
    }

    private int placeAmong(int partitions) {
        return RecordFormat.partition(RecordFormat.key(topic), partitions);
    }

    @Test
    void topicThatIsDeletedIsMadeAgain() throws Exception {
        KafkaSyncBackend writer = connected(apart("deleted:"));
        KafkaSyncBackend reader = connected(apart("deleted:"));
        Recorded told = follow(reader);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        awaitCarried(writer, reader, told);
        try (Admin admin = admin()) {
            admin.deleteTopics(List.of("deleted_x3A_stream_shared")).all().get();
        }

        List<Change> changes = commit(writer, Mutation.put("a", text("without")));

        eventually().untilAsserted(() -> assertThat(told.changes).containsAll(changes));
        awaitCarried(writer, reader, told);
        assertThat(awaitRecords("deleted_x3A_stream_shared", 2))
                .extracting(RecordFormat::change)
                .containsAll(changes);
        eventually().until(() -> broadcast(writer).isWell() && broadcast(reader).isWell());
        assertThat(told.resets).isZero();
    }

    /** Backends that have nothing to do with those of the other tests. */
    private static KafkaSyncBackend.Builder apart(String prefix) {
        return store.on(redis().prefix(prefix));
    }

    /** Commits until one comes to the reader by Kafka. */
    private void awaitCarried(KafkaSyncBackend writer, KafkaSyncBackend reader, Recorded told) {
        eventually().untilAsserted(() -> {
            long before = KafkaStore.delivered(reader);
            List<Change> changes = commit(writer, Mutation.add("n", 1));
            eventually().untilAsserted(() -> assertThat(told.changes).containsAll(changes));
            assertThat(KafkaStore.delivered(reader)).isGreaterThan(before);
        });
    }

    @Test
    void largestCommitIsCarried() {
        Recorded told = follow(backend);
        eventually().until(() -> told.states.contains(FeedState.CURRENT));
        long calls = KafkaStore.delivered(backend);

        List<Change> changes = commit(backend, Mutation.put("a", Payload.ofBytes(new byte[1 << 20])));

        eventually().untilAsserted(() -> assertThat(told.changes).isEqualTo(changes));
        assertThat(KafkaStore.delivered(backend)).isEqualTo(calls + 1);
    }

    @Test
    void problemOfSendingIsForgottenOnceItHasNotShownForAWhile() throws Exception {
        VirtualTime time = new VirtualTime();
        RedisSyncBackend mute = redis().broadcaster(new Mute()).build();
        opened.add(0, mute);
        try (Admin admin = admin();
                Scheduler looks = Scheduler.threaded("looks");
                MockProducer<byte[], byte[]> producer = new MockProducer<>(
                        false, new RoundRobinPartitioner(), new ByteArraySerializer(), new ByteArraySerializer())) {
            Targets targets = new Targets(
                    admin,
                    new TopicNames("", Set.of()),
                    new Targets.Settings(true, 1, null, null, 1_000_000, Duration.ofSeconds(1)),
                    looks,
                    TimeSource.system(),
                    null,
                    target -> {});
            targets.start();
            targets.looked().get(BOUND.toSeconds(), TimeUnit.SECONDS);
            Publisher publisher = new Publisher(producer, targets, mute.outbox(), time);
            assertThat(publisher.prepare("stream_shared")).isCompleted();

            sendInVain(publisher, producer, 1);
            time.advance(Duration.ofSeconds(29));
            sendInVain(publisher, producer, 2);
            time.advance(Duration.ofSeconds(29));
            assertThat(publisher.problem()).as("it has shown again").contains("refused");

            time.advance(Duration.ofSeconds(31));
            assertThat(publisher.problem()).isNull();
            targets.close();
        }
    }

    private void sendInVain(Publisher publisher, MockProducer<byte[], byte[]> producer, long revision) {
        CompletableFuture<Boolean> sent = publisher.send(topic, List.of(change(revision)));
        assertThat(producer.errorNext(new IllegalStateException("refused"))).isTrue();
        assertThat(sent).isCompletedWithValue(false);
    }

    private static Change change(long revision) {
        return new Change(
                new Version(1, revision, revision),
                revision - 1,
                "a",
                Version.ABSENT,
                text("1"),
                Change.Cause.WRITE,
                new RequestId(9, revision),
                0,
                1);
    }

    // --- helpers ----------------------------------------------------------------------------------------------------

    private List<Change> commit(SyncBackend by, Mutation... mutations) {
        return commit(by, TopicOptions.defaults(), mutations);
    }

    private List<Change> commit(SyncBackend by, TopicOptions options, Mutation... mutations) {
        Version known = answer(by.read(topic, Selection.none())).head();
        Commit commit = new Commit(
                topic,
                new RequestId(9, sequence.incrementAndGet()),
                known,
                List.of(),
                List.of(mutations),
                Selection.none(),
                options);
        CommitResult.Committed committed = (CommitResult.Committed) answer(by.commit(commit));
        return committed.outcomes().stream().map(Objects::requireNonNull).toList();
    }

    private Recorded follow(SyncBackend by) {
        return follow(by, Scope.entries());
    }

    private Recorded follow(SyncBackend by, Scope scope) {
        Recorded told = new Recorded();
        Subscription subscription = by.follow(topic, Version.ABSENT, scope, told);
        opened.add(0, subscription);
        return told;
    }

    private List<ConsumerRecord<byte[], byte[]>> awaitRecords(String kafkaTopic, int count) {
        eventually().untilAsserted(() -> assertThat(records(kafkaTopic)).hasSizeGreaterThanOrEqualTo(count));
        return records(kafkaTopic);
    }

    /** Those of the topic of this test, in the order of their partition. */
    private List<ConsumerRecord<byte[], byte[]>> records(String kafkaTopic) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(clientConfig(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(kafkaTopic).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
            }
        }
        records.removeIf(
                record -> record.key() == null || !topic.equals(new String(record.key(), StandardCharsets.UTF_8)));
        return records;
    }

    private static Map<String, Object> clientConfig() {
        return Map.of("bootstrap.servers", store.bootstrapServers());
    }

    private static Admin admin() {
        return Admin.create(clientConfig());
    }

    private static void create(String kafkaTopic, Map<String, String> config) throws Exception {
        try (Admin admin = admin()) {
            NewTopic made = new NewTopic(kafkaTopic, Optional.of(1), Optional.empty()).configs(config);
            admin.createTopics(List.of(made)).all().get();
        }
    }

    private static String setting(String kafkaTopic, String name) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, kafkaTopic);
        try (Admin admin = admin()) {
            return Objects.requireNonNull(
                            admin.describeConfigs(List.of(resource)).all().get().get(resource))
                    .get(name)
                    .value();
        }
    }

    private static void awaitNothingWaiting(SyncBackend by) {
        eventually().untilAsserted(() -> {
            assertThat(store.redis().call("ZCARD", "outbox")).isEqualTo(0L);
            assertThat(broadcast(by).pending()).isZero();
        });
    }

    private static Broadcast broadcast(SyncBackend by) {
        return Objects.requireNonNull(by.info().broadcast());
    }

    private static List<String> threadsOf(String clients) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.contains(clients))
                .toList();
    }

    private static List<Change> joined(List<Change> some, List<Change> others) {
        List<Change> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    private static @Nullable String value(ConsumerRecord<byte[], byte[]> record) {
        return record.value() == null ? null : new String(record.value(), StandardCharsets.UTF_8);
    }

    private static Payload text(String text) {
        return Payload.ofBytes(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(10));
    }

    private static final class Recorded implements ChangeListener {

        private final List<Change> changes = new CopyOnWriteArrayList<>();
        private final List<FeedState> states = new CopyOnWriteArrayList<>();
        private volatile int commits;
        private volatile int resets;

        @Override
        public void onSnapshot(Page page) {}

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // calls never overlap
        public void onChanges(List<Change> told) {
            commits++;
            changes.addAll(told);
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // calls never overlap
        public void onReset(Version from, Version to) {
            resets++;
        }

        @Override
        public void onState(FeedState state) {
            states.add(state);
        }
    }
}
