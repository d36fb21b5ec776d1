package io.distsync.backend.redis;

import static io.distsync.backend.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.Change;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is particular to Redis; everything else is in the conformance suite. */
class RedisSyncBackendTest {

    private static final Duration BOUND = Duration.ofSeconds(30);

    private static RedisServer server;
    private static RedisClient driver;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final AtomicLong sequence = new AtomicLong();
    private SyncBackend backend;
    private Version known;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.ALWAYS);
        driver = RedisFixture.driver();
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        server.close();
    }

    @BeforeEach
    void open() {
        server.call("FLUSHALL");
        known = Version.ABSENT;
        backend = builder().build();
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private static RedisSyncBackend.Builder builder() {
        return RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", server.port()))
                .sweep(Duration.ofMillis(50));
    }

    @Test
    void restartWithDataOpensANewEpochAndTheChainGoesOn() {
        Change before = put("key", "1");
        restart();

        Change after = put("key", "2");

        assertThat(after.version().epoch()).isGreaterThan(before.version().epoch());
        assertThat(after.version().revision()).isEqualTo(2);
        assertThat(after.previousLink()).isEqualTo(before.version().link());
        assertThat(after.previous()).isEqualTo(before.version());
        Change again = put("key", "3");
        assertThat(again.version().epoch()).isEqualTo(after.version().epoch());
    }

    @Test
    void commitThatSelectsNoKeysIsAnswered() {
        put("key", "1");

        Committed committed = (Committed) answer(backend.commit(new Commit(
                "t",
                new RequestId(2, 1),
                known,
                List.of(),
                List.of(Mutation.put("key", text("2"))),
                Selection.keys(List.of()),
                TopicOptions.defaults())));

        assertThat(committed.selected().entries()).isEmpty();
        assertThat(committed.head().revision()).isEqualTo(2);
    }

    @Test
    void logAheadOfTheStateOpensANewEpoch() {
        Change before = put("key", "1");
        long epoch = before.version().epoch();
        server.call("XADD", "stream:{t}", epoch + "-77", "h", "from a state that is gone");

        Change after = put("key", "2");

        assertThat(after.version().epoch()).isGreaterThan(epoch);
        assertThat(after.version().revision()).isEqualTo(2);
        assertThat(after.previousLink()).isEqualTo(before.version().link());
    }

    @Test
    void companionOfAnotherTypeIsRefusedBeforeAnythingIsWritten() {
        Change before = put("key", "1");
        for (String companion : List.of("lease:{t}", "req:{t}", "due")) {
            server.call("RENAME", "stream:{t}", "saved");
            server.call("SET", companion, "somebody else's");
            server.call("RENAME", "saved", "stream:{t}");

            assertThatThrownBy(() -> commit(Mutation.put("key", text("2"), LeaseRule.set("id", Duration.ofHours(1)))))
                    .as(companion)
                    .isInstanceOf(RejectedException.class)
                    .hasMessageContaining(companion);
            server.call("DEL", companion);
        }
        assertThat(head()).isEqualTo(before.version());
        assertThat(server.call("XLEN", "stream:{t}")).isEqualTo(1L);
    }

    @Test
    void fullMemoryIsNotAppliedAndPasses() {
        put("key", "1");
        server.call("CONFIG", "SET", "maxmemory", "1");
        try {
            assertThatThrownBy(() -> put("key", "2"))
                    .isInstanceOf(BackendUnavailableException.class)
                    .hasMessageContaining("OOM");
        } finally {
            server.call("CONFIG", "SET", "maxmemory", "0");
        }
        assertThat(server.call("HGET", "kv:{t}", "pkey")).isEqualTo("1");
        assertThat(put("key", "3").version().revision()).isEqualTo(2);
    }

    @Test
    void serverThatMayNotWriteToItsDiskStaysConnected() throws IOException {
        Path obstacle = Path.of(folder(), "dump.rdb", "in the way");
        Files.createDirectories(obstacle);
        try (SyncBackend quick = builder().heartbeat(Duration.ofMillis(50)).build();
                Told told = Told.follow(quick, "t", Scope.entries())) {
            await().atMost(BOUND).until(told::isCurrent);
            put("key", "1");
            server.call("CONFIG", "SET", "save", "3600 1");
            server.call("BGSAVE");
            await().atMost(BOUND).until(() -> info("persistence").contains("rdb_last_bgsave_status:err"));

            assertThatThrownBy(() -> put("key", "2"))
                    .isInstanceOf(BackendUnavailableException.class)
                    .hasMessageContaining("MISCONF");
            await().atMost(BOUND).until(() -> refusedPings() >= 10);

            assertThat(answer(quick.read("t", Selection.keys("key"))).entries()).hasSize(1);
            assertThat(quick.info().unreachableSince()).isNull();
            assertThat(told.wasLost()).isFalse();
        } finally {
            server.call("CONFIG", "SET", "save", "");
            Files.delete(obstacle);
            Files.delete(obstacle.getParent());
        }
        assertThat(put("key", "3").version().revision()).isEqualTo(2);
    }

    private static String folder() {
        List<?> answer = (List<?>) Objects.requireNonNull(server.call("CONFIG", "GET", "dir"));
        return String.valueOf(answer.get(1));
    }

    private static String info(String section) {
        return String.valueOf(server.call("INFO", section));
    }

    private static int refusedPings() {
        Matcher ping = Pattern.compile("cmdstat_ping:.*rejected_calls=(\\d+)").matcher(info("commandstats"));
        return ping.find() ? Integer.parseInt(ping.group(1)) : 0;
    }

    @Test
    void logIsTrimmedOnAcrossARestart() {
        TopicOptions options = TopicOptions.defaults().withRetention(Retention.changes(256));
        for (int i = 0; i < 350; i++) {
            commit(options, Mutation.put("key", text(Integer.toString(i))));
        }
        restart();
        for (int i = 0; i < 1_000; i++) {
            commit(options, Mutation.put("key", text(Integer.toString(i))));
        }
        assertThat((Long) server.call("XLEN", "stream:{t}")).isBetween(256L, 256L + 128 + 200);
    }

    @Test
    void nothingExpiresBeforeItsOwnerCouldRenewAfterARestart() {
        Duration ttl = Duration.ofSeconds(2);
        commit(Mutation.put("long", text("1"), LeaseRule.set("id", Duration.ofHours(1))));
        commit(Mutation.put("key", text("1"), LeaseRule.set("id", ttl)));
        restart();
        server.call("ZADD", "lease:{t}", "1", "key"); // as if the server had been away for long
        server.call("ZADD", "due", "1", "t");

        assertThat(answer(backend.keepAlive(List.of(new Lease("t", "key", "id")))))
                .isEmpty();
        assertThat(answer(backend.read("t", Selection.keys("key"))).entries()).hasSize(1);
    }

    @Test
    void leaseExpiresByTheServersClock() {
        try (Told told = Told.follow(backend, "t", Scope.log())) {
            commit(Mutation.put("key", text("1"), LeaseRule.set("id", Duration.ofMillis(200))));

            await().atMost(BOUND).until(() -> told.changes().size() == 2);
            assertThat(told.changes().get(1).cause()).isEqualTo(Change.Cause.EXPIRED);
        }
        await().atMost(BOUND).until(() -> Long.valueOf(0).equals(server.call("ZCARD", "due")));
    }

    @Test
    void largeCommitIsReadFromTheLog() {
        try (Told told = Told.follow(backend, "t", Scope.entries())) {
            await().atMost(BOUND).until(told::isCurrent);
            Payload large = Payload.ofBytes(new byte[200_000]);

            Committed committed = commit(Mutation.put("a", large), Mutation.put("b", large));

            await().atMost(BOUND).until(() -> told.changes().size() == 2);
            assertThat(told.changes()).isEqualTo(committed.outcomes());
            assertThat(told.resets()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void pageOfLargeEntriesEndsEarlyAndFewOfThemAreReadForIt(Order order) {
        for (int i = 10; i < 50; i++) {
            put("p/" + i, "x".repeat(500_000));
        }
        Page general = answer(backend.read("t", new Range("p/", null, 100, order)));
        server.call("CONFIG", "RESETSTAT");

        Page page = answer(backend.read("t", new Range("p/", null, 40, order)));

        assertThat(page.more()).isTrue();
        assertThat(page.entries()).hasSize(9).isEqualTo(general.entries());
        assertThat(String.valueOf(server.call("INFO", "commandstats")))
                .as("head, and sixteen entries")
                .contains("cmdstat_hmget:calls=2,");
        Range rest = new Range("p/", page.entries().get(8).key(), 9, order);
        assertThat(answer(backend.read("t", rest)).entries()).hasSize(9).doesNotContainAnyElementsOf(page.entries());
    }

    @Test
    void foreignMessageOnTheChannelIsNoHarm() {
        try (Told told = Told.follow(backend, "t", Scope.entries())) {
            await().atMost(BOUND).until(told::isCurrent);
            server.call("PUBLISH", "watch:{t}", "no message of ours");
            server.call("PUBLISH", "watch:{t}", "");

            Change change = put("key", "1");

            await().atMost(BOUND).until(() -> change.version().equals(told.position()));
            await().atMost(BOUND).until(told::isCurrent);
        }
    }

    @Test
    void lostMessageIsFoundByTheHead() {
        try (SyncBackend quick = builder().heartbeat(Duration.ofMillis(50)).build();
                Told told = Told.follow(quick, "t", Scope.entries())) {
            await().atMost(BOUND).until(told::isCurrent);
            Change first = put("key", "1");
            await().atMost(BOUND).until(() -> first.version().equals(told.position()));
            // A state that moved on without a word, as if the message had been lost on its way.
            server.call("RENAME", "kv:{t}", "kv:{u}");
            server.call("RENAME", "stream:{t}", "stream:{u}");
            commitTo("u", Mutation.put("key", text("2")));
            server.call("RENAME", "kv:{u}", "kv:{t}");
            server.call("RENAME", "stream:{u}", "stream:{t}");

            await().atMost(BOUND).until(() -> told.changes().size() == 2);
            assertThat(told.resets()).isZero();
        }
    }

    @Test
    void prefixKeepsApplicationsApart() {
        put("key", "1");
        try (SyncBackend other = builder().prefix("other:").build()) {
            assertThat(answer(other.read("t", Selection.keys("key"))).entries()).isEmpty();
            answer(other.commit(
                    Commit.of("t", new RequestId(9, 1), Version.ABSENT, List.of(), List.of(Mutation.add("n", 1)))));
        }
        assertThat(answer(backend.read("t", Selection.keys("n"))).entries()).isEmpty();
        assertThat(server.call("EXISTS", "other:kv:{t}", "other:stream:{t}")).isEqualTo(2L);
    }

    @Test
    void databasesOfOneServerAreKeptApart() {
        RedisURI second = RedisURI.create("127.0.0.1", server.port());
        second.setDatabase(2);
        try (SyncBackend other = RedisSyncBackend.builder(driver, second).build();
                Told told = Told.follow(other, "t", Scope.entries())) {
            await().atMost(BOUND).until(told::isCurrent);
            put("key", "in the first database");

            Committed committed = (Committed) answer(other.commit(
                    Commit.of("t", new RequestId(9, 1), Version.ABSENT, List.of(), List.of(Mutation.add("n", 1)))));

            await().atMost(BOUND).until(() -> committed.head().equals(told.position()));
            assertThat(told.changes()).isEqualTo(committed.outcomes());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"xadd", "hset", "unlink", "rename", "zadd", "set", "xtrim", "publish", "pubsub"})
    void userWithoutARightIsRefusedForGood(String command) {
        assertThatThrownBy(() -> commitAs("~*", "&*", "+@all", "-" + command))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining(command.toUpperCase(Locale.ROOT))
                .hasMessageNotContaining("secret");
        assertThat(server.call("DBSIZE")).isEqualTo(0L);
    }

    @Test
    void userOfAnotherPrefixIsRefusedForGood() {
        assertThatThrownBy(() -> commitAs("~other:*", "&shop:*", "+@all")).isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> commitAs("~shop:*", "&other:*", "+@all")).isInstanceOf(RejectedException.class);
        assertThat(server.call("DBSIZE")).isEqualTo(0L);
    }

    /** The rule that the guide gives. */
    @Test
    void userWithTheRightsOfThePrefixIsServed() {
        assertThat(commitAs("~shop:*", "&shop:*", "+@all", "-@admin", "-@dangerous", "+info"))
                .isInstanceOf(Committed.class);
    }

    @Test
    void whenTheFileIsSyncedIsUnknownToAUserWhoMayNotAsk() {
        Map<String, String> details = as(
                other -> {
                    assertThat(answer(other.read("t", Selection.none())).entries())
                            .isEmpty();
                    return other.info().details();
                },
                "~shop:*",
                "&shop:*",
                "+@all",
                "-@admin",
                "-@dangerous",
                "+info");

        assertThat(details)
                .containsEntry(
                        "durability",
                        "append-only file, appendfsync unknown: this user may not read the configuration");
    }

    private static CommitResult commitAs(String... rights) {
        Commit commit = Commit.of("t", new RequestId(9, 1), Version.ABSENT, List.of(), List.of(Mutation.add("n", 1)));
        return as(other -> answer(other.commit(commit)), rights);
    }

    /** What comes of it for a user with these rights, who keeps to a prefix. */
    private static <R> R as(Function<SyncBackend, R> use, String... rights) {
        List<String> user = new ArrayList<>(List.of("ACL", "SETUSER", "shop", "on", ">secret", "resetchannels"));
        user.addAll(List.of(rights));
        server.call(user.toArray(String[]::new));
        RedisURI uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(server.port())
                .withAuthentication("shop", "secret".toCharArray())
                .build();
        try (SyncBackend other =
                RedisSyncBackend.builder(driver, uri).prefix("shop:").build()) {
            return use.apply(other);
        } finally {
            server.call("ACL", "DELUSER", "shop");
        }
    }

    @Test
    void commitWaitsForReplicas() {
        try (SyncBackend patient =
                        builder().waitForReplicas(1, Duration.ofMillis(300)).build();
                RedisServer replica = RedisServer.start(Durability.NONE)) {
            Commit commit =
                    Commit.of("t", new RequestId(9, 1), Version.ABSENT, List.of(), List.of(Mutation.add("n", 1)));
            assertThatThrownBy(() -> answer(patient.commit(commit)))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("0 of 1 replicas");
            assertThatThrownBy(() -> answer(patient.commit(commit)))
                    .as("a repeat of what was applied")
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("0 of 1 replicas");

            replica.call("REPLICAOF", "127.0.0.1", String.valueOf(server.port()));
            await().atMost(BOUND)
                    .until(() ->
                            String.valueOf(replica.call("INFO", "replication")).contains("master_link_status:up"));

            await().atMost(BOUND).ignoreExceptions().until(() -> answer(patient.commit(commit)) instanceof Committed);
            assertThat(replica.call("HGET", "kv:{t}", "pn")).isEqualTo("1");
        }
    }

    @Test
    void commitsThatWaitForReplicasShareAQuestionAndHoldNothingUp() {
        server.call("CONFIG", "RESETSTAT");
        try (SyncBackend patient = waitingForLong().build();
                RedisServer replica = RedisServer.start(Durability.NONE)) {
            assertThat(answer(patient.read("t0", Selection.none())).head()).isEqualTo(Version.ABSENT); // is connected
            List<CompletableFuture<CommitResult>> commits = IntStream.range(0, 20)
                    .mapToObj(i -> patient.commit(addition(i)).toCompletableFuture())
                    .toList();

            assertThat(answer(patient.read("t0", Selection.keys("n"))).entries())
                    .as("answered behind the commits, but not behind their confirmations")
                    .hasSize(1);
            assertThat(commits).noneMatch(CompletableFuture::isDone);
            replica.call("REPLICAOF", "127.0.0.1", String.valueOf(server.port()));

            commits.forEach(commit -> assertThat(answer(commit)).isInstanceOf(Committed.class));
            assertThat(replica.call("HGET", "kv:{t19}", "pn")).isEqualTo("1");
            assertThat(String.valueOf(server.call("INFO", "commandstats")))
                    .as("one question for the first commit, one for all that came meanwhile")
                    .contains("cmdstat_wait:calls=2,");
        }
    }

    @Test
    void commitIsUnknownWhereTheConnectionForConfirmationsBreaksAndAnotherIsOpened() {
        try (SyncBackend patient = waitingForLong().build()) {
            CompletionStage<CommitResult> commit = patient.commit(addition(0));
            await().atMost(BOUND).until(() -> waiting() != null);
            server.call("CLIENT", "KILL", "ID", Objects.requireNonNull(waiting()));

            assertThatThrownBy(() -> answer(commit))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("replicas");
            CompletionStage<CommitResult> repeat =
                    await().atMost(BOUND).until(() -> patient.commit(addition(0)), it -> waiting() != null);
            assertThat(repeat.toCompletableFuture()).isNotDone();
        }
    }

    @Test
    void commitIsUnknownWhereReplicasCannotBeAsked() {
        server.call("ACL", "SETUSER", "writer", "on", ">secret", "~*", "&*", "+@all", "-psetex");
        RedisURI uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(server.port())
                .withAuthentication("writer", "secret".toCharArray())
                .build();
        try (SyncBackend other = RedisSyncBackend.builder(driver, uri)
                .waitForReplicas(1, Duration.ofMillis(1))
                .build()) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> answer(other.commit(addition(0))))
                        .isInstanceOf(OutcomeUnknownException.class)
                        .hasStackTraceContaining("NOPERM")
                        .hasStackTraceContaining("psetex");
            }
        } finally {
            server.call("ACL", "DELUSER", "writer");
        }
    }

    @Test
    void clientThatReconnectsByItselfIsRefused() {
        RedisClient careless = RedisClient.create(driver.getResources());
        try {
            assertThat(careless.getOptions().isAutoReconnect()).isTrue();
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> RedisSyncBackend.builder(careless, RedisURI.create("127.0.0.1", server.port())))
                    .withMessageContaining("autoReconnect");
            careless.setOptions(RedisSyncBackend.safe(ClientOptions.create()));
            RedisSyncBackend.builder(careless, RedisURI.create("127.0.0.1", server.port()))
                    .build()
                    .close();
        } finally {
            careless.shutdown();
        }
    }

    @Test
    void settingsOutOfRangeAreRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().prefix("{tag}"))
                .withMessageContaining("{tag}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().heartbeat(Duration.ZERO))
                .withMessageContaining("heartbeat");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().sweep(Duration.ZERO))
                .withMessageContaining("sweep");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().maxPayloadBytes(0))
                .withMessageContaining("maxPayloadBytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        builder().waitForReplicas(1, Duration.ofSeconds(2)).build())
                .withMessageContaining("heartbeat");
    }

    @Test
    void closingLeavesNoConnection() {
        put("key", "1");
        Told.follow(backend, "t", Scope.entries()).close();

        backend.close();

        await().atMost(BOUND)
                .until(() ->
                        String.valueOf(server.call("CLIENT", "LIST")).lines().count() == 1);
        assertThat(String.valueOf(server.call("PUBSUB", "CHANNELS"))).isEqualTo("[]");
    }

    @Test
    void serverMayBeAwayAtFirst() {
        server.kill();
        try (SyncBackend early = builder().build();
                Told told = Told.follow(early, "t", Scope.entries())) {
            assertThat(early.info().unreachableSince()).isNotNull();
            assertThatThrownBy(() -> answer(early.read("t", Selection.none())))
                    .isInstanceOf(BackendUnavailableException.class);
            assertThat(told.isCurrent()).isFalse();

            server.start();

            await().atMost(BOUND).until(told::isCurrent);
            assertThat(early.info().unreachableSince()).isNull();
            assertThat(early.info().details()).containsEntry("durability", "append-only file, appendfsync always");
        } finally {
            awaitAnswer();
        }
    }

    @Test
    void edgeOfATrimmedLogIsTheEndOfACommit() {
        for (int i = 0; i < 8; i++) {
            Mutation[] many = new Mutation[256];
            for (int j = 0; j < many.length; j++) {
                many[j] = Mutation.put("k" + j, text("" + i));
            }
            commit(many);
        }
        History history = answer(backend.history("t", Version.ABSENT, 10));

        assertThat(history).isInstanceOf(History.Gone.class);
        Version oldest = ((History.Gone) history).oldest();
        assertThat(oldest.revision() % 256).isZero();
        History.Changes page = (History.Changes) answer(backend.history("t", oldest, 10));
        assertThat(page.changes()).hasSize(256);
        assertThat(page.changes().get(0).previousLink()).isEqualTo(oldest.link());
    }

    // ----------------------------------------------------------------------------------------------------------------

    /** A backend whose commits wait as long as may be for a replica; there is none, unless a test starts it. */
    private static RedisSyncBackend.Builder waitingForLong() {
        return builder().heartbeat(Duration.ofMinutes(1)).waitForReplicas(1, Duration.ofMinutes(1));
    }

    /** The first commit to a topic of that number. */
    private static Commit addition(int topic) {
        return Commit.of(
                "t" + topic, new RequestId(9, topic + 1), Version.ABSENT, List.of(), List.of(Mutation.add("n", 1)));
    }

    /** The id of a connection on which replicas are being waited for, or {@code null}. */
    private static @Nullable String waiting() {
        return String.valueOf(server.call("CLIENT", "LIST"))
                .lines()
                .filter(line -> line.contains("cmd=wait"))
                .map(line -> line.substring("id=".length(), line.indexOf(' ')))
                .findFirst()
                .orElse(null);
    }

    private void restart() {
        server.kill();
        server.start();
        awaitAnswer();
    }

    private void awaitAnswer() {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(5))
                .ignoreExceptions()
                .until(() -> head() != null);
    }

    private Version head() {
        return answer(backend.read("t", Selection.none())).head();
    }

    private Change put(String key, String value) {
        return Objects.requireNonNull(commit(Mutation.put(key, text(value))).outcome(0));
    }

    private Committed commit(Mutation... mutations) {
        return commit(TopicOptions.defaults(), mutations);
    }

    private Committed commit(TopicOptions options, Mutation... mutations) {
        Committed committed = (Committed) answer(backend.commit(new Commit(
                "t",
                new RequestId(7, sequence.incrementAndGet()),
                known,
                List.of(),
                List.of(mutations),
                Selection.none(),
                options)));
        known = committed.head();
        return committed;
    }

    private void commitTo(String topic, Mutation mutation) {
        CommitResult result = answer(backend.commit(
                Commit.of(topic, new RequestId(7, sequence.incrementAndGet()), known, List.of(), List.of(mutation))));
        assertThat(result).isInstanceOf(Committed.class);
    }

    private static Payload text(String text) {
        return Payload.ofBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
