package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.Change;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.lease.FencingToken;
import io.distsync.lock.SyncLocks;
import io.distsync.semaphore.SyncSemaphore;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
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
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real processes take turns at a lock, and at the permits of a semaphore; whoever holds the lock is stopped for twice the lease,
 * or killed, or Redis is killed and started again. The number of faults is set by {@code -Dsync.test.lock.faults}.
 */
class LockHolderTest {

    private static final Logger log = LoggerFactory.getLogger(LockHolderTest.class);

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final int PROCESSES = 3;
    private static final int FAULTS = Integer.getInteger("sync.test.lock.faults", 8);

    private final List<Told> told = new CopyOnWriteArrayList<>();
    private final List<Process> processes = new ArrayList<>();
    private final Map<String, Integer> played = new TreeMap<>();
    private RedisServer redis;
    private @Nullable KafkaBroker kafka;

    /** A line some process said. */
    private record Told(long pid, String what, FencingToken token, String more) {

        boolean is(String kind, FencingToken of) {
            return what.equals(kind) && token.equals(of);
        }
    }

    @BeforeEach
    void start() {
        redis = RedisServer.start(Durability.ALWAYS);
    }

    @AfterEach
    void stop() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        redis.close();
        if (kafka != null) {
            kafka.close();
        }
    }

    @Test
    void nobodyWritesWithAnOldTokenAndNothingIsLeftBehindOnRedis() throws Exception {
        play(FAULTS);
    }

    @Test
    void nobodyWritesWithAnOldTokenAndNothingIsLeftBehindOnKafka() throws Exception {
        kafka = EmbeddedKafka.launch();
        play(Math.max(3, FAULTS / 2));
    }

    private void play(int faults) throws Exception {
        for (int i = 0; i < PROCESSES; i++) {
            launch();
        }
        long longest = 0;
        for (int i = 0; i < faults; i++) {
            Told holder = awaitHolderAfter(told.size());
            long begin = System.nanoTime();
            switch (i % 5) {
                case 0, 3 -> {
                    signal(holder.pid(), "STOP");
                    awaitOther(holder);
                    longest = Math.max(longest, System.nanoTime() - begin);
                    awaitSince(begin, LockHolder.LEASE.multipliedBy(2));
                    signal(holder.pid(), "CONT");
                    awaitEndOf(holder);
                    played.merge("pauses", 1, Integer::sum);
                }
                case 1, 4 -> {
                    signal(holder.pid(), "KILL");
                    awaitOther(holder);
                    longest = Math.max(longest, System.nanoTime() - begin);
                    launch();
                    played.merge("kills", 1, Integer::sum);
                }
                default -> {
                    redis.kill();
                    redis.start();
                    awaitLater(holder);
                    played.merge("restarts of Redis", 1, Integer::sum);
                }
            }
        }
        awaitHolderAfter(told.size());
        awaitPermit(told.size());
        processes.forEach(Process::destroyForcibly);
        log.info(
                "{} grants and {} permits, {}, longest hand-over after a pause or a kill {} ms, longest wait {} ms",
                count("HELD"),
                count("PERMIT"),
                played,
                TimeUnit.NANOSECONDS.toMillis(longest),
                told.stream()
                        .filter(line -> line.what().equals("HELD"))
                        .mapToLong(line -> Long.parseLong(line.more()))
                        .max()
                        .orElse(0));
        judge();
        awaitNothingLeft();
    }

    private void judge() {
        assertThat(told.stream().filter(line -> line.what().equals("HELD")).map(Told::token))
                .doesNotHaveDuplicates();
        assertThat(written())
                .as("tokens of what was written, in the order of the log")
                .isSorted();
        assertThat(told)
                .filteredOn(line -> line.what().equals("REFUSED"))
                .as("whoever was refused was told that it lost the lock")
                .allMatch(line -> losses(line) == 1);
        assertThat(told)
                .filteredOn(line -> line.what().equals("LOST"))
                .as("whoever lost the lock was told once")
                .allMatch(line -> losses(line) == 1);
    }

    private long losses(Told line) {
        return told.stream().filter(other -> other.is("LOST", line.token())).count();
    }

    private long count(String what) {
        return told.stream().filter(line -> line.what().equals(what)).count();
    }

    /** All processes were killed: what they held or waited for is gone when their leases are over. */
    private void awaitNothingLeft() {
        try (RedisSyncBackend store = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", redis.port()))
                        .sweep(LockHolder.SWEEP)
                        .build();
                SyncService service = SyncService.using(store);
                SyncLocks locks = SyncLocks.using(service);
                SyncSemaphores semaphores = SyncSemaphores.using(service)) {
            SyncSemaphore semaphore = semaphores.semaphore(LockHolder.SEMAPHORE, LockHolder.PERMITS);
            await().atMost(BOUND)
                    .untilAsserted(
                            () -> assertThat(semaphore.availablePermits()).isEqualTo(LockHolder.PERMITS));
            assertThat(semaphore.permits()).isEqualTo(LockHolder.PERMITS);
            assertThat(locks.tryLock(LockHolder.LOCK, BOUND)).isPresent();
        }
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

    /** Somebody holds it later, in whatever history. */
    private void awaitLater(Told holder) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> told.stream()
                        .anyMatch(line ->
                                line.what().equals("HELD") && line.token().compareTo(holder.token()) > 0));
    }

    private void awaitPermit(int known) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> told.stream()
                        .skip(known)
                        .anyMatch(line ->
                                line.what().equals("PERMIT") && line.more().equals("RELEASED")));
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
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx128m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    LockHolder.class.getName(),
                    String.valueOf(redis.port())));
            if (kafka != null) {
                command.add(kafka.bootstrapServers());
            }
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
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
