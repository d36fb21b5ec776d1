package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.TooOld;
import io.distsync.backend.Entry;
import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.backend.Selection.Order;
import io.distsync.backend.Selection.Range;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scripts for common cases say and store what the general ones do, whatever is asked, by a clock moved by hand. */
@Timeout(120)
class RedisCommonScriptsTest {

    private static final String TOPIC = "queue";
    private static final String FAST = "fast:";
    private static final String GENERAL = "general:";
    private static final String DECIDED = "test:decided";
    private static final int STEPS = 2_000;

    /** So much that the general script reads it, and expires what is due. */
    private static final Selection EVERYTHING = Selection.first("", 1_000);

    private static RedisServer server;
    private static RedisClient driver;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final List<Version> heads = new ArrayList<>(List.of(Version.ABSENT));
    private final List<Entry> seen = new ArrayList<>();
    private final List<Commit> sent = new ArrayList<>();
    private SyncBackend fast;
    private SyncBackend general;

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.NONE);
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
        server.call("SET", RedisFixture.NOW, "1700000000000");
        server.call("SET", DECIDED, "0");
        fast = open(FAST, RedisCommonScriptsTest::counting);
        general = open(GENERAL, RedisFixture::leavingAll);
    }

    /** Without sweeps, which come when they come. */
    private static SyncBackend open(String prefix, Function<String, String> seam) {
        return RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", server.port()))
                .prefix(prefix)
                .sweep(Duration.ofHours(1))
                .seam(script -> RedisFixture.onTestClock(seam.apply(script)))
                .build();
    }

    private static String counting(String script) {
        return script.contains("{'G'}")
                ? script.replaceAll(
                        "(?m)^(return \\{'[CP]'|return reply$)", "redis.call('INCR', '" + DECIDED + "')\n$1")
                : script;
    }

    @AfterEach
    void close() {
        fast.close();
        general.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void doWhatTheGeneralOnesDo(long seed) {
        Random random = new Random(seed);
        TopicOptions options = TopicOptions.defaults()
                .withRetention(random.nextBoolean() ? Retention.changes(256) : Retention.everything())
                .withLogPayloads(random.nextBoolean())
                .withIdleMillis(seed % 2 == 0 ? Duration.ofMinutes(1).toMillis() : Long.MAX_VALUE);
        for (int step = 0; step < STEPS; step++) {
            String asked = step(random, options, step);
            if (step % 50 == 0 || step == STEPS - 1) {
                assertThat(stored(FAST))
                        .as("seed %d, step %d: %s", seed, step, asked)
                        .isEqualTo(stored(GENERAL));
            }
        }
        assertThat(Long.parseLong(String.valueOf(server.call("GET", DECIDED))))
                .as("what the scripts for common cases have decided")
                .isGreaterThan(STEPS / 5);
    }

    private String step(Random random, TopicOptions options, int step) {
        switch (random.nextInt(12)) {
            case 0 -> {
                server.call("INCRBY", RedisFixture.NOW, String.valueOf(random.nextInt(800)));
                return random.nextInt(5) == 0 ? "time" : same("all", backend -> described(page(backend, EVERYTHING)));
            }
            case 1 -> {
                Selection selection = selection(random);
                return same(
                        "read " + selection,
                        backend -> described(backend.read(TOPIC, selection)
                                .toCompletableFuture()
                                .join()));
            }
            case 2 -> {
                Entry any = any(random, seen);
                Lease lease = new Lease(
                        TOPIC, any == null ? "none" : any.key(), any == null ? "none" : String.valueOf(any.leaseId()));
                return same(
                        "keep alive " + lease,
                        backend -> String.valueOf(backend.keepAlive(List.of(lease))
                                .toCompletableFuture()
                                .join()));
            }
            default -> {
                Commit before = any(random, sent);
                return commit(before != null && random.nextInt(15) == 0 ? before : next(random, options, step));
            }
        }
    }

    private static Page page(SyncBackend backend, Selection selection) {
        return backend.read(TOPIC, selection).toCompletableFuture().join();
    }

    private Commit next(Random random, TopicOptions options, int step) {
        Version known = random.nextInt(10) == 0 ? any(random, heads) : heads.get(heads.size() - 1);
        List<Check> checks = new ArrayList<>();
        List<Mutation> mutations = new ArrayList<>();
        int kind = random.nextInt(20);
        int puts = 0;
        if (kind < 4) {
            mutations.add(Mutation.put(kind == 0 ? "q/~by hand" : kind == 1 ? "q" : "other", payload(step)));
        } else {
            leave(random, kind % 3, checks, mutations);
            puts = random.nextInt(4);
            for (int i = 0; i < puts; i++) {
                LeaseRule lease = random.nextInt(30) == 0
                        ? LeaseRule.none()
                        : LeaseRule.set("lease" + step + "." + i, Duration.ofMillis(500 + 500 * random.nextInt(20)));
                mutations.add(Mutation.putSequential(random.nextInt(60) == 0 ? "r/" : "q/", payload(step), lease));
            }
        }
        return new Commit(
                TOPIC,
                new RequestId(1, step + 1),
                known == null ? Version.ABSENT : known,
                checks,
                mutations,
                puts == 0 && random.nextInt(4) > 0 ? Selection.none() : selection(random),
                options,
                random.nextInt(3) == 0 ? headers(random, mutations.size()) : List.of());
    }

    private static List<Map<String, String>> headers(Random random, int mutations) {
        return Stream.generate(() ->
                        random.nextBoolean() ? Map.<String, String>of() : Map.of("trace", "é, " + random.nextInt()))
                .limit(mutations)
                .toList();
    }

    private void leave(Random random, int most, List<Check> checks, List<Mutation> mutations) {
        for (int i = 0; i < most; i++) {
            Entry any = any(random, seen.subList(Math.max(0, seen.size() - 8), seen.size()));
            if (any != null) {
                Version version = random.nextInt(12) == 0 ? heads.get(heads.size() - 1) : any.version();
                checks.add(Check.versionIs(any.key(), version));
                mutations.add(Mutation.delete(any.key()));
            }
        }
    }

    private static Payload payload(int step) {
        return Payload.ofBytes(("payload " + step).getBytes(StandardCharsets.UTF_8));
    }

    private static Selection selection(Random random) {
        int limit = 1 + random.nextInt(6);
        return switch (random.nextInt(20)) {
            case 0 -> Selection.keys("other", "missing");
            case 1 -> new Range("q/", "q/" + "%019d".formatted(random.nextInt(300)), limit, Order.DESCENDING);
            case 2 -> new Range("", null, limit, random.nextBoolean() ? Order.ASCENDING : Order.DESCENDING);
            case 3 -> Selection.first("q/", limit);
            case 4, 5, 6 -> Selection.none();
            default -> Selection.last(random.nextBoolean() ? "q" : "q/", limit);
        };
    }

    private String commit(Commit commit) {
        sent.add(commit);
        return same(commit.toString(), backend -> {
            CommitResult result = backend.commit(commit).toCompletableFuture().join();
            if (backend == fast) {
                heads.add(result.head());
                Page page = result instanceof Committed committed
                        ? committed.selected()
                        : result instanceof Conflict conflict ? conflict.selected() : Page.NOTHING;
                if (sent.size() % 8 != 0) { // else it may be asked for again
                    commit.mutations()
                            .forEach(mutation -> seen.removeIf(entry -> mutation instanceof Mutation.Delete delete
                                    && delete.key().equals(entry.key())));
                }
                seen.addAll(page.entries());
            }
            return described(result);
        });
    }

    private String same(String asked, Function<SyncBackend, String> question) {
        assertThat(question.apply(fast)).as(asked).isEqualTo(question.apply(general));
        return asked;
    }

    private static <T> @Nullable T any(Random random, List<T> list) {
        return list.isEmpty() ? null : list.get(random.nextInt(list.size()));
    }

    // --- what there is to be compared --------------------------------------------------------------------------------

    private static String described(CommitResult result) {
        if (result instanceof Committed committed) {
            return "committed " + committed.head() + " " + committed.outcomes() + described(committed.selected());
        }
        if (result instanceof Conflict conflict) {
            List<String> failed = conflict.failed().stream()
                    .map(each -> each.check() + " " + (each.entry() == null ? "nothing" : described(each.entry())))
                    .toList();
            return "conflict " + conflict.head() + " " + failed + described(conflict.selected());
        }
        return "too old " + ((TooOld) result).head();
    }

    private static String described(Page page) {
        return page.head() + " " + page.more() + " "
                + page.entries().stream().map(RedisCommonScriptsTest::described).toList();
    }

    private static String described(Entry entry) {
        return entry.key() + " " + entry.version() + " " + entry.leaseId() + " "
                + new String(entry.payload().bytes(), StandardCharsets.UTF_8);
    }

    /** Everything but the order of the hashes. */
    private static String stored(String prefix) {
        String tag = "{" + TOPIC + "}";
        return hash(prefix + "kv:" + tag) + "\n" + hash(prefix + "req:" + tag) + "\n" + hash(prefix + "old:" + tag)
                + "\n"
                + server.call("XRANGE", prefix + "stream:" + tag, "-", "+") + "\n"
                + server.call("ZRANGE", prefix + "lease:" + tag, "0", "-1", "WITHSCORES") + "\n"
                + server.call("ZRANGE", prefix + "keys:" + tag, "0", "-1") + "\n"
                + server.call("ZRANGE", prefix + "due", "0", "-1", "WITHSCORES");
    }

    private static String hash(String key) {
        List<?> fields = (List<?>) Objects.requireNonNull(server.call("HGETALL", key));
        TreeMap<String, String> sorted = new TreeMap<>();
        for (int i = 0; i < fields.size(); i += 2) {
            sorted.put(String.valueOf(fields.get(i)), String.valueOf(fields.get(i + 1)));
        }
        return sorted.toString();
    }
}
