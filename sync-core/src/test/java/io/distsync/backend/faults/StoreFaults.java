package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.backend.faults.Call.Doubt;
import io.distsync.backend.faults.FaultRun.Node;
import io.distsync.backend.faults.FaultRun.Setting;
import io.distsync.backend.faults.Judgement.Kept;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.redis.RedisSentinels;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Three nodes work on one Redis server while its connections, its data or the server itself break. Whatever happens: no update
 * is applied twice, none that was reported as not applied is applied, none that was acknowledged is lost while the server
 * keeps its data, and every listener either sees each change in order or is told that it did not.
 *
 * <p>Each fault is played once, with a seed that is told if it fails. {@code -Dsync.test.faults.rounds=<n>} plays each n times,
 * every time with a new server and another seed; {@code -Dsync.test.faults.seed=<seed>} begins with that seed. A seed
 * fixes what workers ask for, and which connections break; it does not fix how threads and processes meet.
 */
abstract class StoreFaults {

    private static final Logger log = LoggerFactory.getLogger(StoreFaults.class);

    private static final int ROUNDS = Integer.getInteger("sync.test.faults.rounds", 1);
    static final Duration OUTAGE = Duration.ofSeconds(3);
    private static final Duration SHORTER_THAN_THE_OUTAGE = Duration.ofSeconds(2);

    /** Deletes the memory of requests of all topics. */
    private static final String FORGET =
            "for _, key in ipairs(redis.call('KEYS', 'req:*')) do redis.call('DEL', key) end "
                    + "for _, key in ipairs(redis.call('KEYS', 'old:*')) do redis.call('DEL', key) end";

    private static RedisClient driver;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    @BeforeAll
    static void startDriver() {
        driver = RedisClient.create();
        driver.setOptions(RedisSyncBackend.safe(ClientOptions.create()));
    }

    @AfterAll
    static void stopDriver() {
        driver.shutdown();
    }

    /** What is played while the workers work. */
    interface Fault {
        void play(FaultRun run, Random random) throws Exception;
    }

    // --- connections ------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("connections are reset")
    void resets() throws Exception {
        play(Setting.PATIENT, Kept.ALL.doubts(Doubt.ABSENCE), (run, random) -> {
            for (int i = 0; i < 15; i++) {
                any(run, random).proxy().cut();
                run.awaitAcknowledged(25);
            }
            assertThat(faults(run)).isGreaterThanOrEqualTo(15);
        });
    }

    @Test
    @DisplayName("requests are lost")
    void lostRequests() throws Exception {
        play(Setting.PATIENT, Kept.ALL.doubts(Doubt.ABSENCE), (run, random) -> {
            for (int i = 1; i <= 15; i++) {
                any(run, random).proxy().loseRequests(1);
                run.awaitAcknowledged(25);
                awaitFaults(run, i);
            }
        });
    }

    @Test
    @DisplayName("replies are lost after the server did what it was asked")
    void lostReplies() throws Exception {
        play(Setting.PATIENT, Kept.ALL.doubts(Doubt.ABSENCE), (run, random) -> {
            for (int i = 1; i <= 15; i++) {
                any(run, random).proxy().loseRepliesTo("EVALSHA", 1);
                run.awaitAcknowledged(25);
                awaitFaults(run, i);
            }
        });
    }

    @Test
    @DisplayName("connections of two nodes are half-open for three seconds, then everything arrives late")
    void halfOpen() throws Exception {
        Kept kept = Kept.ALL.awayForLong().doubts(Doubt.ABSENCE);
        play(Setting.PATIENT.timeout(SHORTER_THAN_THE_OUTAGE), kept, (run, random) -> {
            List<Node> silent = run.nodes().subList(0, 2);
            silent.forEach(node -> node.proxy().hold());
            CompletableFuture<Void> over = after(OUTAGE);
            eventually().until(() -> silent.stream().noneMatch(Node::isCurrent));
            run.awaitAcknowledged(100); // of the third node
            over.join();
            silent.forEach(node -> node.proxy().release());
        });
    }

    // --- the server -------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("the server is stopped for three seconds")
    void stopped() throws Exception {
        Kept kept = Kept.ALL.awayForLong().doubts(Doubt.ABSENCE);
        play(Setting.PATIENT.timeout(SHORTER_THAN_THE_OUTAGE), kept, (run, random) -> {
            run.server().pause();
            CompletableFuture<Void> over = after(OUTAGE);
            eventually().until(() -> run.nodes().stream().noneMatch(Node::isCurrent));
            over.join();
            run.server().resume();
        });
    }

    @Test
    @DisplayName("the server is killed and keeps what it acknowledged")
    void killed() throws Exception {
        play(Setting.PATIENT, Kept.ALL.doubts(Doubt.ABSENCE), (run, random) -> {
            for (int i = 0; i < 3; i++) {
                run.server().kill();
                run.server().start();
                run.awaitEachNode(30);
            }
        });
    }

    @Test
    @DisplayName("the server is killed and loses everything")
    void killedWithoutPersistence() throws Exception {
        Kept kept = Kept.ALL.withoutState().doubts(Doubt.ABSENCE, Doubt.FORGOTTEN);
        play(Durability.NONE, Setting.PATIENT, kept, (run, random) -> {
            for (int i = 0; i < 3; i++) {
                run.server().kill();
                run.server().start();
                run.awaitEachNode(30);
            }
            awaitResets(run);
        });
    }

    @Test
    @DisplayName("a replica that is behind takes over")
    void failOver() throws Exception {
        Kept kept = Kept.ALL.withoutState().doubts(Doubt.ABSENCE);
        play(Setting.PATIENT, kept, (run, random) -> {
            RedisServer master = run.server();
            try (FaultProxy replication = FaultProxy.to(master.port());
                    RedisServer replica = replicaOf(replication.port())) {
                replication.hold();
                run.awaitAcknowledged(700);
                master.kill();
                assertThat(replica.call("REPLICAOF", "NO", "ONE")).isEqualTo("OK");
                run.moveTo(replica);
                run.awaitEachNode(30);
                awaitResets(run);
                finish(run, kept);
            }
        });
    }

    @Test
    @DisplayName("a replica that is behind takes over, and the master becomes its replica")
    void switchedOver() throws Exception {
        Kept kept = Kept.ALL.withoutState().doubts(Doubt.ABSENCE);
        play(Setting.PATIENT, kept, (run, random) -> {
            RedisServer master = run.server();
            try (FaultProxy replication = FaultProxy.to(master.port());
                    RedisServer replica = replicaOf(replication.port())) {
                replication.hold();
                run.awaitAcknowledged(300);
                run.moveTo(replica); // whoever connects from now on
                assertThat(replica.call("REPLICAOF", "NO", "ONE")).isEqualTo("OK");
                assertThat(master.call("REPLICAOF", "127.0.0.1", String.valueOf(replica.port())))
                        .isEqualTo("OK");
                run.awaitEachNode(30);
                awaitResets(run);
                assertThat(said(master, "INFO", "replication")).contains("role:slave");
                master.kill();
                finish(run, kept);
            }
        });
    }

    @Test
    @DisplayName("a replica that is behind takes over, but had to confirm what was acknowledged")
    void confirmedFailOver() throws Exception {
        Kept kept = Kept.ALL.acknowledgedOnly().doubts(Doubt.ABSENCE);
        for (long seed : seeds()) {
            try (RedisServer master = RedisServer.start(Durability.ALWAYS, "repl-diskless-sync-delay 0");
                    FaultProxy replication = FaultProxy.to(master.port());
                    RedisServer replica = replicaOf(replication.port())) {
                play(
                        master,
                        FaultRun.BY_ADDRESS,
                        Setting.PATIENT.replicas(1),
                        kept,
                        (run, random) -> {
                            replication.hold();
                            eventually().until(() -> offset(master) > offset(replica));
                            run.nodes().forEach(node -> node.proxy().cut());
                            eventually().until(() -> run.nodes().stream().allMatch(Node::isCurrent));
                            long waited = calls(master, "wait");
                            eventually()
                                    .until(() ->
                                            calls(master, "wait") >= waited + 36); // a dozen for each node: the repeats
                            master.kill();
                            assertThat(replica.call("REPLICAOF", "NO", "ONE")).isEqualTo("OK");
                            try (RedisServer next = replicaOf(replica.port())) {
                                run.moveTo(replica);
                                run.awaitEachNode(30);
                                finish(run, kept);
                                next.kill();
                            }
                        },
                        seed);
            }
        }
    }

    @Test
    @DisplayName("sentinels make a replica the master")
    void sentinels() throws Exception {
        Kept kept = Kept.ALL.withoutState().doubts(Doubt.ABSENCE);
        for (long seed : seeds()) {
            try (RedisSentinels sentinels = RedisSentinels.start(Durability.ALWAYS)) {
                RedisURI.Builder uri = RedisURI.builder().withSentinelMasterId(RedisSentinels.MASTER);
                sentinels.sentinels().forEach(sentinel -> uri.withSentinel("127.0.0.1", sentinel.port()));
                RedisURI found = uri.build();
                play(
                        sentinels.first(),
                        proxy -> found,
                        Setting.PATIENT,
                        kept,
                        (run, random) -> {
                            sentinels.first().kill();
                            sentinels.awaitMaster(sentinels.second());
                            run.moveTo(sentinels.second());
                        },
                        seed);
            }
        }
    }

    @Test
    @DisplayName("the server kills connections of one kind or the other")
    void killedConnections() throws Exception {
        play(Setting.PATIENT, Kept.ALL.doubts(Doubt.ABSENCE), (run, random) -> {
            long killed = 0;
            for (int i = 0; i < 15; i++) {
                String type = random.nextBoolean() ? "PUBSUB" : "NORMAL";
                killed += (Long) Objects.requireNonNull(run.server().call("CLIENT", "KILL", "TYPE", type));
                run.awaitAcknowledged(25);
            }
            assertThat(killed).isGreaterThanOrEqualTo(15);
        });
    }

    @Test
    @DisplayName("the server is out of memory for a while")
    void outOfMemory() throws Exception {
        play(Setting.PATIENT, Kept.ALL, (run, random) -> {
            for (int i = 0; i < 5; i++) {
                // Up to 6.2 an error that ends a script is counted as ERR, whatever it was.
                long before = refusals(run.server(), "OOM") + refusals(run.server(), "ERR");
                run.server().call("CONFIG", "SET", "maxmemory", "1");
                eventually().until(() -> refusals(run.server(), "OOM") + refusals(run.server(), "ERR") >= before + 10);
                run.server().call("CONFIG", "SET", "maxmemory", "0");
                run.awaitEachNode(20);
            }
        });
    }

    @Test
    @DisplayName("the scripts of the server are flushed again and again")
    void flushedScripts() throws Exception {
        play(Setting.PATIENT, Kept.ALL, (run, random) -> {
            for (int i = 0; i < 60; i++) {
                run.server().call("SCRIPT", "FLUSH");
                run.awaitAcknowledged(5);
            }
            assertThat(refusals(run.server(), "NOSCRIPT")).isGreaterThanOrEqualTo(60);
        });
    }

    @Test
    @DisplayName("whatever leaves the data as it is happens at once")
    void everything() throws Exception {
        play(Setting.PATIENT, Kept.ALL.doubts(Doubt.ABSENCE), (run, random) -> {
            for (int i = 0; i < 30; i++) {
                FaultProxy proxy = any(run, random).proxy();
                switch (random.nextInt(7)) {
                    case 0 -> proxy.cut();
                    case 1 -> proxy.loseRequests(1 + random.nextInt(3));
                    case 2 -> proxy.loseRepliesTo("EVALSHA", 1 + random.nextInt(3));
                    case 3 -> run.server().call("CLIENT", "KILL", "TYPE", random.nextBoolean() ? "PUBSUB" : "NORMAL");
                    case 4 -> run.server().call("SCRIPT", "FLUSH");
                    case 5 -> proxy.delay(Duration.ofMillis(random.nextInt(20)));
                    default -> {
                        run.server().kill();
                        run.server().start();
                    }
                }
                if (random.nextBoolean()) {
                    run.awaitAcknowledged(10);
                }
            }
            run.nodes().forEach(node -> node.proxy().delay(Duration.ZERO));
            assertThat(faults(run)).isPositive();
        });
    }

    // --- data -------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("the log is trimmed past slow listeners and past a node that hears nothing")
    void trimmed() throws Exception {
        Setting setting = Setting.PATIENT.trimming(Retention.changes(256), 256);
        play(setting, Kept.ALL.withoutLog().doubts(Doubt.ABSENCE, Doubt.FORGOTTEN), (run, random) -> {
            CountDownLatch gate = new CountDownLatch(1);
            Witness blocked = run.nodes().get(0).listen(FaultRun.LEDGER, "blocked", () -> awaitOpen(gate));
            Node silent = run.nodes().get(1);
            silent.proxy().hold();
            long heard = silent.handle(FaultRun.LEDGER).versioned().version().revision();
            eventually().until(() -> oldest(run.server(), FaultRun.LEDGER) > heard + 1);
            silent.proxy().release();
            gate.countDown();
            run.awaitEachNode(30);
            eventually().until(() -> blocked.resets() > 0);
            if (isSilentWithoutStore()) {
                eventually()
                        .until(() -> silent.witnesses(FaultRun.LEDGER).get(0).resets() > 0);
            }
        });
    }

    @Test
    @DisplayName("everything is flushed")
    void flushed() throws Exception {
        play(Setting.PATIENT, Kept.ALL.withoutState(), (run, random) -> {
            for (int i = 0; i < 5; i++) {
                run.server().call("FLUSHALL");
                run.awaitEachNode(20);
            }
            awaitResets(run);
        });
    }

    @Test
    @DisplayName("everything is flushed, and nobody writes any more")
    void flushedInSilence() throws Exception {
        play(Setting.PATIENT, Kept.ALL.withoutState(), (run, random) -> {
            run.stop();
            run.server().call("FLUSHALL");
            awaitResets(run);
        });
    }

    @Test
    @DisplayName("states are deleted and their logs kept")
    void lostStates() throws Exception {
        play(Setting.PATIENT, Kept.ALL.withoutState(), (run, random) -> {
            for (int i = 0; i < 5; i++) {
                for (String topic : Judgement.topics()) {
                    assertThat(run.server().call("DEL", "kv:{" + topic + "}")).isEqualTo(1L);
                    run.awaitAcknowledged(10);
                }
                assertThat(run.server().call("DEL", "kv:{" + FaultRun.SUMS + "}"))
                        .isEqualTo(1L);
                run.awaitEachNode(20);
            }
            awaitResets(run);
        });
    }

    @Test
    @DisplayName("what the store remembers of requests is deleted while replies are lost")
    void lostMemory() throws Exception {
        play(Setting.PATIENT, Kept.ALL.doubts(Doubt.ABSENCE, Doubt.FORGOTTEN), (run, random) -> {
            for (int i = 1; i <= 40; i++) {
                FaultProxy proxy = any(run, random).proxy();
                int faults = faults(run);
                proxy.loseRepliesTo("EVALSHA", 1);
                await().atMost(FaultRun.PATIENCE)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> faults(run) > faults);
                run.server().call("EVAL", FORGET, "0");
                run.awaitAcknowledged(10);
            }
        });
    }

    @Test
    @DisplayName("logs are deleted and their states kept")
    void lostLogs() throws Exception {
        play(Setting.PATIENT, Kept.ALL.withoutLog(), (run, random) -> {
            for (int i = 0; i < 10; i++) {
                for (String topic : Judgement.topics()) {
                    assertThat(run.server().call("DEL", "stream:{" + topic + "}"))
                            .isEqualTo(1L);
                    run.awaitAcknowledged(10);
                }
                assertThat(run.server().call("DEL", "stream:{" + FaultRun.SUMS + "}"))
                        .isEqualTo(1L);
                run.awaitEachNode(20);
            }
        });
    }

    // --- playing ----------------------------------------------------------------------------------------------------

    final void play(Setting setting, Kept kept, Fault fault) throws Exception {
        play(Durability.ALWAYS, setting, kept, fault);
    }

    final void play(Durability durability, Setting setting, Kept kept, Fault fault) throws Exception {
        for (long seed : seeds()) {
            try (RedisServer server = RedisServer.start(durability, "repl-diskless-sync-delay 0")) {
                play(server, FaultRun.BY_ADDRESS, setting, kept, fault, seed);
            }
        }
    }

    final void play(RedisServer server, FaultRun.Way way, Setting setting, Kept kept, Fault fault, long seed)
            throws Exception {
        try (FaultRun run = new FaultRun(server, driver, way, this::backend, setting, nothingLeftBehind, seed)) {
            run.start();
            fault.play(run, new Random(seed));
            finish(run, kept);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    /** What a node stands on. */
    SyncBackend backend(RedisSyncBackend.Builder store) {
        return store.build();
    }

    /** Whether a node that hears nothing of the store hears nothing at all. */
    boolean isSilentWithoutStore() {
        return true;
    }

    /** What is to be judged besides what every backend promises; nobody works any more. */
    void judge(FaultRun run, Kept kept) {}

    static List<Long> seeds() {
        long first = Long.getLong("sync.test.faults.seed", new Random().nextLong());
        return LongStream.range(first, first + ROUNDS).boxed().toList();
    }

    private static RedisServer replicaOf(int port) {
        RedisServer replica =
                RedisServer.start(Durability.ALWAYS, "repl-diskless-sync-delay 0", "replicaof 127.0.0.1 " + port);
        eventually().until(() -> said(replica, "INFO", "replication").contains("master_link_status:up"));
        return replica;
    }

    /**
     * How far the server has come, marks of confirmations included. Nothing but these may be missing on a replica: if all
     * that the workers wait for has reached it and only its confirmations are held, nobody writes anything else.
     */
    private static long offset(RedisServer server) {
        return number("master_repl_offset:(\\d+)", said(server, "INFO", "replication"));
    }

    /** Lets the nodes work on what the fault has left, judges, and closes everything; once. */
    private void finish(FaultRun run, Kept kept) {
        if (run.isClosed()) {
            return;
        }
        if (run.isWorking()) {
            run.awaitEachNode(30);
        }
        log.info("{}", Judgement.of(run, kept));
        judge(run, kept);
        run.close();
        eventually().untilAsserted(() -> assertThat(run.clients()).isEmpty());
    }

    private static Node any(FaultRun run, Random random) {
        return run.nodes().get(random.nextInt(run.nodes().size()));
    }

    private static int faults(FaultRun run) {
        return run.nodes().stream().mapToInt(node -> node.proxy().faults()).sum();
    }

    private static void awaitFaults(FaultRun run, int wanted) {
        eventually().until(() -> faults(run) >= wanted);
    }

    /** Until listeners of every node were told that something is gone. */
    private static void awaitResets(FaultRun run) {
        eventually().until(() -> run.nodes().stream().allMatch(node -> node.resets() > 0));
    }

    static ConditionFactory eventually() {
        return await().atMost(FaultRun.PATIENCE).pollInterval(Duration.ofMillis(5));
    }

    static CompletableFuture<Void> after(Duration delay) {
        return CompletableFuture.runAsync(
                () -> {}, CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS));
    }

    private static void awaitOpen(CountDownLatch gate) {
        try {
            assertThat(gate.await(FaultRun.PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String said(RedisServer server, String... command) {
        return String.valueOf(server.call(command));
    }

    /** How often the server has refused something for this reason. */
    private static long refusals(RedisServer server, String reason) {
        return number("errorstat_" + reason + ":count=(\\d+)", said(server, "INFO", "errorstats"));
    }

    private static long calls(RedisServer server, String command) {
        return number("cmdstat_" + command + ":calls=(\\d+)", said(server, "INFO", "commandstats"));
    }

    private static long number(String pattern, String text) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    /** The revision of the first change in a log. */
    private static long oldest(RedisServer server, String topic) {
        List<?> first = (List<?>)
                Objects.requireNonNull(server.call("XRANGE", "stream:{" + topic + "}", "-", "+", "COUNT", "1"));
        String id = String.valueOf(((List<?>) first.get(0)).get(0));
        return Long.parseLong(id.substring(id.indexOf('-') + 1));
    }
}
