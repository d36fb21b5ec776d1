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
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real processes take turns at a lock; whoever holds it is stopped for twice the lease, or killed. The number of faults is
 * set by {@code -Dsync.test.lock.faults}.
 */
class LockHolderTest {

    private static final Logger log = LoggerFactory.getLogger(LockHolderTest.class);

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final int PROCESSES = 3;
    private static final int FAULTS = Integer.getInteger("sync.test.lock.faults", 8);

    private final List<Told> told = new CopyOnWriteArrayList<>();
    private final List<Process> processes = new ArrayList<>();
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
    void nobodyWritesWithAnOldTokenAndNobodyIsLeftBehind() throws Exception {
        Random random = new Random(7);
        long longest = 0;
        for (int i = 0; i < FAULTS; i++) {
            Told holder = awaitHolderAfter(told.size());
            long begin = System.nanoTime();
            if (random.nextBoolean()) {
                signal(holder.pid(), "STOP");
                awaitOther(holder);
                longest = Math.max(longest, System.nanoTime() - begin);
                awaitSince(begin, LockHolder.LEASE.multipliedBy(2));
                signal(holder.pid(), "CONT");
                awaitEndOf(holder);
            } else {
                signal(holder.pid(), "KILL");
                awaitOther(holder);
                longest = Math.max(longest, System.nanoTime() - begin);
                launch();
            }
        }
        awaitHolderAfter(told.size());
        processes.forEach(Process::destroyForcibly);

        log.info(
                "{} grants, {} faults, longest hand-over after one {} ms",
                told.stream().filter(line -> line.what().equals("HELD")).count(),
                FAULTS,
                TimeUnit.NANOSECONDS.toMillis(longest));
        assertThat(told.stream().filter(line -> line.what().equals("HELD")).map(Told::token))
                .doesNotHaveDuplicates();
        assertThat(written())
                .as("tokens of what was written, in the order of the log")
                .isSorted();
        assertThat(told).as("whoever lost it was told once").allSatisfy(line -> {
            long losses = told.stream()
                    .filter(other -> other.is("LOST", line.token()))
                    .count();
            assertThat(losses).isEqualTo(line.what().equals("REFUSED") ? 1 : Math.min(losses, 1));
        });
    }

    /** The next grant that is told. */
    private Told awaitHolderAfter(int known) {
        return await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(
                        () -> told.stream()
                                .skip(known)
                                .filter(line -> line.what().equals("HELD"))
                                .reduce((first, second) -> second)
                                .orElse(null),
                        Objects::nonNull);
    }

    private void awaitOther(Told holder) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> told.stream()
                        .anyMatch(line -> line.what().equals("HELD")
                                && line.pid() != holder.pid()
                                && line.token().compareTo(holder.token()) > 0));
    }

    /** It goes on where it was stopped: it ends what it does, and joins the queue again. */
    private void awaitEndOf(Told holder) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> told.stream()
                        .anyMatch(line -> line.what().equals("HELD")
                                && line.pid() == holder.pid()
                                && line.token().compareTo(holder.token()) > 0));
    }

    private static void awaitSince(long begin, Duration time) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> System.nanoTime() - begin > time.toNanos());
    }

    private List<FencingToken> written() {
        try (SyncBackend store = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", redis.port()))
                .build()) {
            return Judgement.changes(store, LockHolder.GUARDED.name()).stream()
                    .map(LockHolderTest::tokenIn)
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
                            LockHolder.class.getName(),
                            String.valueOf(redis.port()))
                    .redirectErrorStream(true)
                    .start();
            processes.add(process);
            new Thread(() -> listen(process), "lock-holder-" + process.pid()).start();
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
