package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.Change;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.lease.FencingToken;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisURI;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real processes stand for election; whoever leads is stopped for twice the lease, or killed, or Redis is killed and started
 * again. The number of faults is set by {@code -Dsync.test.election.faults}.
 */
class LeadingTest {

    private static final Logger log = LoggerFactory.getLogger(LeadingTest.class);

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final int PROCESSES = 3;
    private static final int FAULTS = Integer.getInteger("sync.test.election.faults", 6);

    private final List<Told> told = new CopyOnWriteArrayList<>();
    private final List<Process> processes = new ArrayList<>();
    private final List<Thread> listening = new ArrayList<>();
    private RedisServer redis;

    /** A line some process said. */
    private record Told(long pid, String what, FencingToken token, String more) {

        boolean is(String kind, FencingToken of) {
            return what.equals(kind) && token.equals(of);
        }
    }

    @BeforeEach
    void start() {
        redis = RedisServer.start(Durability.ALWAYS);
        for (int i = 0; i < PROCESSES; i++) {
            launch();
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        redis.close();
    }

    @Test
    void nobodyWritesWithAnOldTokenAndTermsComeOneAfterAnother() throws Exception {
        List<Told> stopped = new ArrayList<>();
        Told leader = awaitLeaderAfter(null);
        long longest = 0;
        for (int i = 0; i < FAULTS; i++) {
            Told before = leader;
            long begin = System.nanoTime();
            switch (i % 3) {
                case 0 -> {
                    signal(before.pid(), "STOP");
                    leader = awaitLeaderAfter(before);
                    longest = Math.max(longest, System.nanoTime() - begin);
                    eventually()
                            .until(() -> System.nanoTime() - begin
                                    > Leading.LEASE.multipliedBy(2).toNanos());
                    signal(before.pid(), "CONT");
                    stopped.add(before);
                    eventually()
                            .until(() -> count("REVOKED", before.token()) == 1 && count("LOST", before.token()) == 1);
                }
                case 1 -> {
                    signal(before.pid(), "KILL");
                    leader = awaitLeaderAfter(before);
                    longest = Math.max(longest, System.nanoTime() - begin);
                    launch();
                }
                default -> {
                    redis.kill();
                    redis.start();
                    int known = written().size();
                    eventually().until(() -> written().size() > known);
                    leader = awaitLeaderAfter(null);
                }
            }
        }
        processes.forEach(Process::destroyForcibly);
        for (Thread thread : listening) {
            thread.join();
        }

        log.info(
                "{} terms, {} faults, longest fail-over {} ms",
                tokens("ELECTED").size(),
                FAULTS,
                TimeUnit.NANOSECONDS.toMillis(longest));
        assertThat(tokens("ELECTED")).doesNotHaveDuplicates();
        assertThat(tokens("REVOKED")).doesNotHaveDuplicates();
        assertThat(written())
                .as("tokens of what was written, in the order of the log")
                .isNotEmpty()
                .isSorted();
        assertThat(stopped)
                .allSatisfy(each -> assertThat(count("LOST", each.token()))
                        .as("losses told of %s", each)
                        .isEqualTo(1));
        processes.forEach(this::assertPairs);
    }

    /** What one process said of its terms: elected, revoked, elected, revoked. */
    private void assertPairs(Process process) {
        List<Told> own = told.stream()
                .filter(line -> line.pid() == process.pid())
                .filter(line -> line.what().equals("ELECTED") || line.what().equals("REVOKED"))
                .toList();
        for (int i = 0; i < own.size(); i++) {
            assertThat(own.get(i).what()).isEqualTo(i % 2 == 0 ? "ELECTED" : "REVOKED");
            assertThat(own.get(i).token()).isEqualTo(own.get(i / 2 * 2).token());
        }
    }

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(2));
    }

    /** The last leader that is told, if it is a later one. */
    private Told awaitLeaderAfter(@Nullable Told before) {
        return eventually()
                .until(
                        () -> told.stream()
                                .filter(line -> line.what().equals("ELECTED"))
                                .filter(line -> before == null || line.token().compareTo(before.token()) > 0)
                                .max(Comparator.comparing(Told::token))
                                .orElse(null),
                        Objects::nonNull);
    }

    private List<FencingToken> tokens(String what) {
        return told.stream()
                .filter(line -> line.what().equals(what))
                .map(Told::token)
                .toList();
    }

    private long count(String what, FencingToken token) {
        return told.stream().filter(line -> line.is(what, token)).count();
    }

    private List<FencingToken> written() {
        try (SyncBackend store = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", redis.port()))
                .build()) {
            return Judgement.changes(store, Leading.GUARDED.name()).stream()
                    .map(LeadingTest::tokenIn)
                    .toList();
        }
    }

    private static FencingToken tokenIn(Change change) {
        String json = new String(Objects.requireNonNull(change.payload()).bytes(), StandardCharsets.UTF_8);
        return FencingToken.parse(json.substring(1, json.length() - 1));
    }

    // --- processes --------------------------------------------------------------------------------------------------

    private void launch() {
        try {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx128m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Leading.class.getName(),
                            String.valueOf(redis.port()))
                    .redirectErrorStream(true)
                    .start();
            processes.add(process);
            Thread thread = new Thread(() -> listen(process), "leading-" + process.pid());
            listening.add(thread);
            thread.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen(Process process) {
        try (BufferedReader said = process.inputReader()) {
            said.lines().filter(line -> line.startsWith("> ")).forEach(line -> {
                String[] words = line.split(" ", -1);
                told.add(new Told(process.pid(), words[1], FencingToken.parse(words[2]), words[3]));
            });
        } catch (IOException | UncheckedIOException e) {
            log.debug("process {} was ended", process.pid(), e);
        }
    }

    private static void signal(long pid, String name) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("kill", "-" + name, String.valueOf(pid))
                .start()
                .waitFor();
        assertThat(exit).as("exit of kill").isZero();
    }
}
