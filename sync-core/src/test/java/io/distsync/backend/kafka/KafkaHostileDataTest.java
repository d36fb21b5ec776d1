package io.distsync.backend.kafka;

import static io.distsync.backend.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.distsync.NothingLeftBehind;
import io.distsync.backend.Change;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Scope;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.backend.redis.Told;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** Somebody writes to a Kafka topic of ours: whoever follows is told what was committed all the same, and nothing else. */
class KafkaHostileDataTest {

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final long SEED = 20_261_122;
    private static final String SHARED = "stream_shared";

    private static KafkaStore store;
    private static Producer<byte[], byte[]> hostile;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final String topic = "t:" + UUID.randomUUID();
    private final Random random = new Random(SEED);
    private final List<Change> committed = new ArrayList<>();
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<KafkaSyncBackend> nodes = new ArrayList<>();
    private SyncBackend mute;
    private Version known = Version.ABSENT;
    private long requests;

    @BeforeAll
    static void start() {
        store = new KafkaStore(Durability.NONE);
        hostile = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        store.bootstrapServers(),
                        "compression.type",
                        "gzip",
                        "max.request.size",
                        32 << 20),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    @AfterAll
    static void stop() {
        hostile.close();
        store.close();
    }

    @BeforeEach
    void open() {
        for (int i = 0; i < 3; i++) {
            KafkaSyncBackend node = store.on(redis()).build();
            opened.add(0, node);
            nodes.add(node);
            KafkaStore.awaitFeed(node);
        }
        mute = redis().broadcaster(new Mute()).build();
        opened.add(0, mute);
        lines.start();
        logOfFeeds().addAppender(lines);
    }

    @AfterEach
    void close() throws Exception {
        logOfFeeds().detachAppender(lines);
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    /** Checks of heads, and looks into the outbox, find what a feed has missed; here they come too late for that. */
    private static RedisSyncBackend.Builder redis() {
        return RedisSyncBackend.builder(
                        store.driver(),
                        RedisURI.create("127.0.0.1", store.redis().port()))
                .heartbeat(Duration.ofMinutes(1))
                .sweep(Duration.ofHours(1));
    }

    private static Logger logOfFeeds() {
        return (Logger) LoggerFactory.getLogger(RecordFeed.class);
    }

    @Test
    @DisplayName("F26: records that are not ours do not stop a feed")
    void recordsThatAreNotOursDoNotStopAFeed() {
        List<Told> followers = following();
        byte[] any = new byte[200];
        for (int i = 0; i < 400; i++) {
            random.nextBytes(any);
            byte[] key = i % 4 == 0 ? null : i % 4 == 1 ? any.clone() : RecordFormat.key(topic);
            byte[] value = i % 3 == 0 ? null : any.clone();
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(SHARED, key, value);
            if (i % 5 == 0) {
                record.headers().add("sync-format", any.clone()).add("sync-version", null);
            }
            send(record);
            if (i % 20 == 0) {
                commit();
            }
        }

        assertGoOn(followers);
        assertThat(nodes).allSatisfy(node -> assertThat(malformed(node)).isEqualTo(200));
        assertThat(lines.list).hasSizeLessThanOrEqualTo(3 * 8);
    }

    @Test
    @DisplayName("F26: damaged copies of records do not stop a feed, and are not told")
    void damagedCopiesOfRecordsDoNotStopAFeed() {
        List<Told> followers = following();
        for (int i = 0; i < 600; i++) {
            if (i % 10 == 0) {
                commit();
            }
            ProducerRecord<byte[], byte[]> copy = copy(committed.get(random.nextInt(committed.size())));
            damage(copy.headers());
            send(copy);
        }

        assertGoOn(followers);
    }

    @Test
    @DisplayName("F26: records of a later format do not stop a feed")
    void recordsOfALaterFormatDoNotStopAFeed() {
        List<Told> followers = following();
        for (int i = 0; i < 5; i++) {
            commit(mute);
            ProducerRecord<byte[], byte[]> later = copy(committed.get(committed.size() - 1));
            later.headers().remove(RecordFormat.FORMAT).add(RecordFormat.FORMAT, new byte[] {'2'});
            send(later);
        }

        assertToldAll(followers);
        assertGoOn(followers);
        assertThat(nodes).allSatisfy(node -> assertThat(malformed(node)).isEqualTo(5));
    }

    @Test
    @DisplayName("F26: records that come again and in any order are told once")
    void recordsThatComeAgainAndInAnyOrderAreToldOnce() {
        List<Told> followers = following();
        for (int round = 0; round < 20; round++) {
            commit();
            List<Change> again = new ArrayList<>(committed);
            Collections.shuffle(again, random);
            again.forEach(change -> send(copy(change)));
        }

        assertGoOn(followers);
    }

    @Test
    @DisplayName("F26: large records, and such as are large when they are unpacked, do not stop a feed")
    void largeRecordsDoNotStopAFeed() {
        List<Told> followers = following();
        commit();
        Change ahead = ahead(committed.get(0), 5);
        ProducerRecord<byte[], byte[]> nonsense = copy(ahead);
        nonsense.headers().add(RecordFormat.VERSION, "1\n".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII));
        send(nonsense);
        for (int i = 0; i < 4; i++) {
            send(new ProducerRecord<>(SHARED, 0, RecordFormat.key(topic), new byte[16 << 20]));
            send(new ProducerRecord<>(
                    SHARED,
                    0,
                    RecordFormat.key(topic),
                    new byte[16 << 20],
                    copy(ahead).headers()));
            send(new ProducerRecord<>(SHARED, 0, new byte[4 << 20], null));
        }

        assertGoOn(followers);
    }

    @Test
    @DisplayName("F26: a record of a version that never comes does not delay what is read from the log")
    void recordOfAVersionThatNeverComesDelaysNothing() {
        List<Told> followers = following();
        commit();
        send(copy(ahead(committed.get(0), Long.MAX_VALUE / 2)));
        assertGoOn(followers);

        for (int i = 0; i < 3; i++) {
            commit(mute);
            assertToldAll(followers);
        }
    }

    @Test
    @DisplayName("B60: what is no commit goes out of the outbox")
    void whatIsNoCommitGoesOutOfTheOutbox() {
        for (String member : List.of(
                "nonsense",
                "",
                "nonsense " + topic,
                "1-2 no topic",
                "1-2 " + "t".repeat(201),
                "99999999999999999999999-1 " + topic,
                "1-1 \u00ff",
                "\u00ff " + topic)) {
            store.redis().call("ZADD", "outbox", "0", member);
        }
        KafkaSyncBackend sweeping =
                store.on(redis().sweep(Duration.ofMillis(50))).build();
        opened.add(0, sweeping);

        await().atMost(BOUND)
                .untilAsserted(
                        () -> assertThat(store.redis().call("ZCARD", "outbox")).isEqualTo(0L));
    }

    // --- helpers ----------------------------------------------------------------------------------------------------

    /** One follower of each scope, each on a node of its own. */
    private List<Told> following() {
        List<Told> followers = List.of(
                Told.follow(nodes.get(0), topic, Scope.entries()),
                Told.follow(nodes.get(1), topic, Scope.log()),
                Told.follow(nodes.get(2), topic, Scope.keys(Set.of("k0", "k1", "k2", "never"))));
        opened.addAll(0, followers);
        await().atMost(BOUND).untilAsserted(() -> assertThat(followers).allMatch(Told::isCurrent));
        return followers;
    }

    /** What is committed comes, and comes by Kafka. */
    private void assertGoOn(List<Told> followers) {
        await().atMost(BOUND).untilAsserted(() -> {
            List<Long> before = nodes.stream().map(KafkaStore::delivered).toList();
            commit();
            assertToldAll(followers);
            for (int i = 0; i < nodes.size(); i++) {
                assertThat(KafkaStore.delivered(nodes.get(i))).isGreaterThan(before.get(i));
            }
        });
        assertThat(List.copyOf(lines.list))
                .allSatisfy(line -> assertThat(line.getFormattedMessage())
                        .hasSizeLessThan(500)
                        .matches("\\p{Print}*"));
    }

    private void assertToldAll(List<Told> followers) {
        await().atMost(BOUND).untilAsserted(() -> assertTold(followers));
    }

    private void assertTold(List<Told> followers) {
        for (Told told : followers) {
            assertThat(told.changes()).isEqualTo(committed);
            assertThat(told.isCurrent()).isTrue();
            assertThat(told.resets()).isZero();
        }
    }

    private void commit() {
        commit(nodes.get((int) (requests % 2)));
    }

    private void commit(SyncBackend by) {
        requests++;
        List<Mutation> mutations = IntStream.range(0, (int) (requests % 3) + 1)
                .<Mutation>mapToObj(i -> requests % 7 == 0 ? Mutation.delete("k" + i) : Mutation.put("k" + i, text()))
                .toList();
        CommitResult.Committed result = (CommitResult.Committed)
                answer(by.commit(Commit.of(topic, new RequestId(5, requests), known, List.of(), mutations)));
        known = result.head();
        result.outcomes().stream().filter(Objects::nonNull).forEach(committed::add);
    }

    private Payload text() {
        return Payload.ofBytes(("value " + requests).getBytes(StandardCharsets.UTF_8));
    }

    private ProducerRecord<byte[], byte[]> copy(Change change) {
        return RecordFormat.record(SHARED, 0, RecordFormat.key(topic), change);
    }

    /** A change of nobody, as many revisions later. */
    private static Change ahead(Change change, long revisions) {
        Version version = change.version();
        return new Change(
                new Version(version.epoch(), version.revision() + revisions, 0x1234_5678_9ABC_DE00L),
                77,
                change.key(),
                change.previous(),
                change.payload(),
                change.cause(),
                change.request(),
                0,
                1);
    }

    /** Cuts a header short, changes a byte of it, takes it away, or puts another one in its place. */
    private void damage(Headers headers) {
        List<Header> all = List.of(headers.toArray());
        Header header = all.get(random.nextInt(all.size()));
        byte[] value = header.value().clone();
        headers.remove(header.key());
        int kind = random.nextInt(4);
        if (kind == 0) {
            headers.add(header.key(), Arrays.copyOf(value, random.nextInt(value.length + 1)));
        } else if (kind == 1 && value.length > 0) {
            value[random.nextInt(value.length)] = (byte) random.nextInt(128);
            headers.add(header.key(), value);
        } else if (kind == 2) {
            headers.add(header.key(), all.get(random.nextInt(all.size())).value());
        }
    }

    private static void send(ProducerRecord<byte[], byte[]> record) {
        try {
            hostile.send(record).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError("the broker did not take it", e);
        }
    }

    private static long malformed(KafkaSyncBackend node) {
        return Objects.requireNonNull(node.carrier().feed()).malformed();
    }
}
