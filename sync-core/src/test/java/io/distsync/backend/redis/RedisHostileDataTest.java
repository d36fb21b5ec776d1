package io.distsync.backend.redis;

import static io.distsync.backend.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.distsync.NothingLeftBehind;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.backend.support.VersionText;
import io.distsync.error.RejectedException;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Somebody writes to our keys and channels what is not ours: whoever follows gets to know what is proper all the same. */
class RedisHostileDataTest {

    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final long SEED = 20_261_121;

    private static RedisServer server;
    private static RedisClient driver;
    private static StatefulRedisConnection<byte[], byte[]> hostile;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final AtomicLong sequence = new AtomicLong();
    private final Random random = new Random(SEED);
    private Version known = Version.ABSENT;
    private SyncBackend backend;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.NONE);
        driver = RedisFixture.driver();
        hostile = driver.connect(ByteArrayCodec.INSTANCE, RedisURI.create("127.0.0.1", server.port()));
    }

    @AfterAll
    static void stop() {
        hostile.close();
        driver.shutdown();
        server.close();
    }

    @BeforeEach
    void open() {
        server.call("FLUSHALL");
        backend = RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", server.port()))
                .sweep(Duration.ofMillis(50))
                .build();
    }

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    @DisplayName("F26: messages that are not ours do not stop a feed")
    void messagesThatAreNotOursDoNotStopAFeed() {
        put("k", "1");
        try (Told told = following()) {
            for (int i = 0; i < 300; i++) {
                hostile.sync().publish(bytes("watch:{t}"), garbage(i));
            }
            hostile.sync().publish(bytes("watch:{t}"), new byte[4 << 20]);

            assertReaches(told, put("k", "2"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "W",
                "W 0",
                "W 00 x-y 12 0-0-0 0-0-0\nrest",
                "12 34",
                "WWWW 1 2 3 4 5 6",
                "\n",
                "X \n\n"
            })
    @DisplayName("F26: entries ahead of the head do not stop a feed")
    void entriesAheadOfTheHeadDoNotStopAFeed(String record) {
        Version head = put("k", "1");
        try (Told told = following();
                Told log = Told.follow(backend, "t", Scope.log());
                Told keys = Told.follow(backend, "t", Scope.keys(Set.of("k")))) {
            add(head.epoch(), head.revision() + 5, "c", bytes(record));

            Version after = put("k", "2");

            assertReaches(told, after);
            assertReaches(log, after);
            assertReaches(keys, after);
            try (Told late = following();
                    Told resumed = new Told()) {
                assertReaches(late, after);
                Subscription subscription = backend.follow("t", head, Scope.entries(), resumed);
                assertReaches(resumed, after);
                Version last = put("k", "3");
                assertReaches(resumed, last);
                assertReaches(told, last);
                subscription.close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"9007199254740992", "18446744073709551615"})
    @DisplayName("F26: entries of an epoch that never comes do not stop a feed")
    void entriesOfAnEpochThatNeverComesDoNotStopAFeed(String epoch) {
        put("k", "1");
        try (Told told = following()) {
            server.call("XADD", "stream:{t}", epoch + "-18446744073709551615", "c", "nonsense");

            assertReaches(told, put("k", "2"));
            assertReaches(told, put("k", "3"));
        }
    }

    @Test
    @DisplayName("B60: names of no topics do not keep leases from expiring")
    void namesOfNoTopicsDoNotKeepLeasesFromExpiring() {
        commit("t", TopicOptions.defaults(), Mutation.put("k", text("1"), LeaseRule.set("l", Duration.ofSeconds(2))));
        for (int i = 0; i < 150; i++) {
            hostile.sync().zadd(bytes("due"), 0, new byte[] {(byte) 0xFF, (byte) i});
            hostile.sync().zadd(bytes("due"), 0, bytes("no topic, " + i));
        }

        await().atMost(BOUND)
                .untilAsserted(
                        () -> assertThat(server.call("EXISTS", "lease:{t}")).isEqualTo(0L));
        await().atMost(BOUND)
                .untilAsserted(() -> assertThat(server.call("ZCARD", "due")).isEqualTo(0L));
    }

    @Test
    @DisplayName("F26: entries of other fields, and large ones, do not stop a feed")
    void entriesOfOtherFieldsDoNotStopAFeed() {
        Version head = put("k", "1");
        try (Told told = following()) {
            add(head.epoch(), head.revision() + 5, "other", bytes("x"));
            add(head.epoch(), head.revision() + 6, "c", new byte[2 << 20]);

            Version after = put("k", "2");

            assertReaches(told, after);
            Told resumed = new Told();
            Subscription subscription = backend.follow("t", head, Scope.entries(), resumed);
            assertReaches(resumed, after);
            subscription.close();
        }
    }

    @Test
    @DisplayName("F26: a log that begins with nonsense is trimmed")
    void aLogThatBeginsWithNonsenseIsTrimmed() {
        Version head = put("k", "first");
        server.call("DEL", "stream:{t}");
        add(head.epoch(), head.revision(), "c", bytes("nonsense"));
        try (Told told = following()) {
            for (int i = 0; i < 700; i++) {
                head = put("k", "" + i);
            }

            assertReaches(told, head);
            assertThat((Long) Objects.requireNonNull(server.call("XLEN", "stream:{t}")))
                    .isLessThan(500);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "1-2", "1-2-zz", "-1--1-0", "99999999999999999999-1-0000000000000000"})
    @DisplayName("B60: a head that is none is refused by name")
    void aHeadThatIsNoneIsRefusedByName(String head) {
        put("k", "1");
        server.call("HSET", "kv:{t}", "head", head);

        assertThatThrownBy(() -> put("k", "2"))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("'t'");
        assertThatThrownBy(() -> answer(backend.read("t", Selection.keys("k"))))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("'t'");
        assertOthersGoOn();
    }

    @Test
    @DisplayName("B60: a head that is none is told to operators, and a feed goes on from the right one")
    void aHeadThatIsNoneIsToldToOperators() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Logger log = (Logger) LoggerFactory.getLogger(Sweeper.class);
        lines.start();
        log.addAppender(lines);
        Version head = put("k", "1");
        try (Told told = following()) {
            server.call("HSET", "kv:{t}", "head", "nonsense");

            await().atMost(BOUND)
                    .untilAsserted(() -> assertThat(List.copyOf(lines.list))
                            .isNotEmpty()
                            .allMatch(line -> line.getFormattedMessage().contains("'t'")));

            server.call("HSET", "kv:{t}", "head", VersionText.text(head));
            assertReaches(told, put("k", "2"));
        } finally {
            log.detachAppender(lines);
        }
    }

    @Test
    @DisplayName("B60: leases are not renewed where the list of due topics is none")
    void leasesAreNotRenewedWhereTheListOfDueTopicsIsNone() {
        TopicOptions idle = new TopicOptions(Retention.changes(256), true, 60_000);
        commit("t", idle, Mutation.put("k", text("1"), LeaseRule.set("lease", Duration.ofSeconds(30))));
        String before = String.valueOf(server.call("ZSCORE", "lease:{t}", "k"));
        server.call("DEL", "due");
        server.call("SET", "due", "nonsense");

        assertThatThrownBy(() -> answer(backend.keepAlive(List.of(new Lease("t", "k", "lease")))))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("due");
        assertThat(String.valueOf(server.call("ZSCORE", "lease:{t}", "k"))).isEqualTo(before);
        assertThatThrownBy(() -> answer(backend.read("t", Selection.keys("k"))))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining("due");
        assertOthersGoOn();
    }

    @ParameterizedTest
    @ValueSource(strings = {"kv:{t}", "stream:{t}", "req:{t}", "lease:{t}", "keys:{t}"})
    @DisplayName("B60: keys of a wrong type are refused by name and concern nobody else")
    void keysOfAWrongTypeAreRefusedByNameAndConcernNobodyElse(String key) {
        LeaseRule lease = LeaseRule.set("lease", Duration.ofSeconds(30));
        commit("t", TopicOptions.defaults(), Mutation.put("k", text("1"), lease));
        try (Told told = following()) {
            server.call("DEL", key);
            server.call("SET", key, "nonsense");

            assertThatThrownBy(() -> commit("t", TopicOptions.defaults(), Mutation.put("new", text("2"), lease)))
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining(key);
            assertOthersGoOn();

            server.call("DEL", key);
            assertReaches(told, insist("after"));
        }
    }

    // ----------------------------------------------------------------------------------------------------------------

    private Told following() {
        Told told = Told.follow(backend, "t", Scope.entries());
        await().atMost(BOUND).until(told::isCurrent);
        return told;
    }

    private static void assertReaches(Told told, Version version) {
        await().atMost(BOUND).untilAsserted(() -> {
            assertThat(told.position()).isEqualTo(version);
            assertThat(told.isCurrent()).isTrue();
        });
    }

    private void assertOthersGoOn() {
        try (Told told = Told.follow(backend, "other", Scope.entries())) {
            assertReaches(
                    told,
                    commit("other", TopicOptions.defaults(), Mutation.put("k", text("1")))
                            .head());
        }
    }

    /** By somebody who asks for the head first, as one has to whose knowledge may be of a lost history. */
    private Version insist(String value) {
        Version head = answer(backend.read("t", Selection.none())).head();
        return ((Committed) answer(backend.commit(Commit.of(
                        "t",
                        new RequestId(8, sequence.incrementAndGet()),
                        head,
                        List.of(),
                        List.of(Mutation.put("k", text(value)))))))
                .head();
    }

    private Version put(String key, String value) {
        TopicOptions options = new TopicOptions(Retention.changes(256), true, Long.MAX_VALUE);
        known = commit("t", options, Mutation.put(key, text(value))).head();
        return known;
    }

    private Committed commit(String topic, TopicOptions options, Mutation... mutations) {
        return (Committed) answer(backend.commit(new Commit(
                topic,
                new RequestId(7, sequence.incrementAndGet()),
                topic.equals("t") ? known : Version.ABSENT,
                List.of(),
                List.of(mutations),
                Selection.none(),
                options)));
    }

    private static void add(long epoch, long revision, String field, byte[] value) {
        hostile.sync()
                .xadd(
                        bytes("stream:{t}"),
                        XAddArgs.Builder.maxlen(Long.MAX_VALUE).id(epoch + "-" + revision),
                        bytes(field),
                        value);
    }

    /** Nonsense, and what was sensible once: a record that was cut short or of which bytes were changed. */
    private byte[] garbage(int number) {
        List<byte[]> kinds = new ArrayList<>();
        byte[] any = new byte[random.nextInt(200)];
        random.nextBytes(any);
        kinds.add(any);
        var entries = hostile.sync().xrevrange(bytes("stream:{t}"), Range.unbounded());
        if (!entries.isEmpty()) {
            byte[] content = entries.get(0).getBody().values().iterator().next();
            byte[] record = (entries.get(0).getId() + "\n" + new String(content, StandardCharsets.ISO_8859_1))
                    .getBytes(StandardCharsets.ISO_8859_1);
            kinds.add(Arrays.copyOf(record, random.nextInt(record.length)));
            byte[] changed = record.clone();
            changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            kinds.add(changed);
        }
        return kinds.get(number % kinds.size());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Payload text(String text) {
        return Payload.ofBytes(bytes(text));
    }
}
