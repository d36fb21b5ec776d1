package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.faults.Processes.Said;
import io.distsync.backend.faults.Servers.Mode;
import io.distsync.lock.SyncLocks;
import io.distsync.semaphore.SyncSemaphore;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
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

    private final Processes processes = new Processes();
    private final List<Said> told = processes.said();
    private final Map<String, Integer> played = new TreeMap<>();
    private Servers servers;

    @AfterEach
    void stop() {
        processes.close();
        servers.close();
    }

    @Test
    void nobodyWritesWithAnOldTokenAndNothingIsLeftBehindOnRedis() {
        play(Mode.REDIS, FAULTS);
    }

    @Test
    void nobodyWritesWithAnOldTokenAndNothingIsLeftBehindOnKafka() {
        play(Mode.KAFKA, Math.max(3, FAULTS / 2));
    }

    private void play(Mode mode, int faults) {
        servers = Servers.start(mode, Durability.ALWAYS);
        for (int i = 0; i < PROCESSES; i++) {
            launch();
        }
        long longest = 0;
        for (int i = 0; i < faults; i++) {
            Said holder = awaitHolderAfter(told.size());
            long begin = System.nanoTime();
            switch (i % 5) {
                case 0, 3 -> {
                    processes.pause(holder.pid());
                    awaitOther(holder);
                    longest = Math.max(longest, System.nanoTime() - begin);
                    awaitSince(begin, LockHolder.LEASE.multipliedBy(2));
                    processes.resume(holder.pid());
                    awaitEndOf(holder);
                    played.merge("pauses", 1, Integer::sum);
                }
                case 1, 4 -> {
                    processes.kill(holder.pid());
                    awaitOther(holder);
                    longest = Math.max(longest, System.nanoTime() - begin);
                    launch();
                    played.merge("kills", 1, Integer::sum);
                }
                default -> {
                    servers.redis().kill();
                    servers.redis().start();
                    awaitLater(holder);
                    played.merge("restarts of Redis", 1, Integer::sum);
                }
            }
        }
        awaitHolderAfter(told.size());
        awaitPermit(told.size());
        processes.killAll();
        log.info(
                "{} grants and {} permits, {}, longest hand-over after a pause or a kill {} ms, longest wait {} ms",
                processes.count("HELD"),
                processes.count("PERMIT"),
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
        assertThat(processes.said("HELD").map(Said::about)).doesNotHaveDuplicates();
        assertThat(servers.written(LockHolder.GUARDED))
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

    private long losses(Said line) {
        return processes.count("LOST", line.about());
    }

    /** All processes were killed: what they held or waited for is gone when their leases are over. */
    private void awaitNothingLeft() {
        try (SyncBackend store = servers.openRedis();
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
    private Said awaitHolderAfter(int known) {
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

    private void awaitOther(Said holder) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> told.stream()
                        .anyMatch(line -> line.what().equals("HELD")
                                && line.pid() != holder.pid()
                                && line.about().compareTo(holder.about()) > 0));
    }

    /** Somebody holds it later, in whatever history. */
    private void awaitLater(Said holder) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> told.stream()
                        .anyMatch(line ->
                                line.what().equals("HELD") && line.about().compareTo(holder.about()) > 0));
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
    private void awaitEndOf(Said holder) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(2))
                .until(() -> told.stream()
                        .anyMatch(line -> line.what().equals("HELD")
                                && line.pid() == holder.pid()
                                && line.about().compareTo(holder.about()) > 0));
    }

    private static void awaitSince(long begin, Duration time) {
        await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> System.nanoTime() - begin > time.toNanos());
    }

    private void launch() {
        long unused = processes.launch(LockHolder.class, servers.arguments());
    }
}
