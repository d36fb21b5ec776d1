package io.distsync.boot.autoconfigure.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.lock.SyncLocks;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.integration.leader.Context;
import org.springframework.integration.leader.DefaultCandidate;
import org.springframework.integration.leader.event.LeaderEventPublisher;
import org.springframework.integration.support.leader.LockRegistryLeaderInitiator;
import org.springframework.integration.support.locks.DefaultLockRegistry;
import org.springframework.integration.support.locks.DistributedLock;
import org.springframework.integration.support.locks.LockRegistry;

/** Two nodes on one service, through the interfaces of Spring Integration. */
@Timeout(60)
@SuppressWarnings("LockNotBeforeTry") // who fails to unlock fails the test
class SpringIntegrationLocksTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final SyncService service = SyncService.local();
    private final SyncLocks locks = SyncLocks.using(service);
    private final SyncLocks otherLocks = SyncLocks.using(service);
    private final SyncLockRegistry registry = new SyncLockRegistry(locks);
    private final SyncLockRegistry otherNode = new SyncLockRegistry(otherLocks);
    private final ExecutorService otherThread = Executors.newSingleThreadExecutor();
    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncLockAutoConfiguration.class));

    @AfterEach
    void close() {
        otherThread.shutdownNow();
        locks.close();
        otherLocks.close();
        service.close();
    }

    /** Tries again if the store did not answer in time: there is hardly any for those who do not wait. */
    private static boolean answered(Callable<Boolean> attempt) {
        return await().atMost(LONG)
                .pollInSameThread()
                .ignoreException(OutcomeUnknownException.class)
                .until(attempt, answer -> true);
    }

    private boolean freeElsewhere(Object key) {
        Lock lock = otherNode.obtain(key);
        boolean free = answered(lock::tryLock);
        if (free) {
            lock.unlock();
        }
        return free;
    }

    @Test
    void lockExcludesOtherThreadsAndOtherNodes() throws Exception {
        Lock lock = registry.obtain("x");
        lock.lock();
        assertThat(freeElsewhere("x")).isFalse();
        assertThat(freeElsewhere("y")).isTrue();
        assertThat(otherThread
                        .submit(() -> answered(registry.obtain("x")::tryLock))
                        .get())
                .isFalse();
        lock.unlock();
        assertThat(freeElsewhere("x")).isTrue();
    }

    @Test
    void threadMayTakeItAgainThroughAnyObjectOfTheKey() {
        registry.obtain("x").lock();
        assertThat(registry.obtain("x").tryLock()).isTrue();
        registry.obtain("x").unlock();
        assertThat(freeElsewhere("x")).isFalse();
        registry.obtain("x").unlock();
        assertThat(freeElsewhere("x")).isTrue();
    }

    @Test
    void tryLockWaitsForItsTime() throws Exception {
        Lock lock = registry.obtain("x");
        lock.lock();
        assertThat(answered(() -> otherNode.obtain("x").tryLock(20, TimeUnit.MILLISECONDS)))
                .isFalse();
        var waiting = otherThread.submit(() -> {
            boolean taken = otherNode.obtain("x").tryLock(20, TimeUnit.SECONDS);
            otherNode.obtain("x").unlock();
            return taken;
        });
        await().atMost(LONG).until(() -> otherLocks.status().stream().anyMatch(it -> it.waiting() == 1));
        lock.unlock();
        assertThat(waiting.get()).isTrue();
    }

    @Test
    void negativeTimeIsNone() throws Exception {
        Lock lock = registry.obtain("x");
        assertThat(answered(() -> lock.tryLock(-1, TimeUnit.SECONDS))).isTrue();
        assertThat(answered(() -> otherNode.obtain("x").tryLock(-1, TimeUnit.SECONDS)))
                .isFalse();
        lock.unlock();
    }

    @Test
    void unlockByAnotherThreadIsRefused() {
        Lock lock = registry.obtain("x");
        lock.lock();
        assertThatThrownBy(() -> otherThread.submit(lock::unlock).get())
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IllegalMonitorStateException.class);
        assertThat(freeElsewhere("x")).isFalse();
        lock.unlock();
        assertThatThrownBy(lock::unlock).isInstanceOf(IllegalMonitorStateException.class);
    }

    @Test
    void lossIsToldAtTheUnlock() throws Exception {
        DistributedLock lock = registry.obtain("x");
        lock.lock(Duration.ofMillis(50));
        await().atMost(LONG).until(() -> freeElsewhere("x"));
        assertThatThrownBy(lock::tryLock).isInstanceOf(ConcurrentModificationException.class);
        assertThatThrownBy(lock::unlock).isInstanceOf(ConcurrentModificationException.class);
        assertThat(lock.tryLock(20, TimeUnit.SECONDS)).as("a new beginning").isTrue();
        lock.unlock();
    }

    @Test
    void timeToLiveBoundsTheHold() throws Exception {
        DistributedLock lock = registry.obtain("x");
        assertThat(answered(() -> lock.tryLock(Duration.ZERO, Duration.ofMinutes(1))))
                .isTrue();
        assertThat(answered(() -> otherNode.obtain("x").tryLock(Duration.ofMillis(10), Duration.ofMinutes(1))))
                .isFalse();
        lock.unlock();
    }

    @Test
    void interruptEndsTheWait() throws Exception {
        Lock lock = registry.obtain("x");
        lock.lock();
        FutureTask<String> interrupted = new FutureTask<>(() -> {
            try {
                registry.obtain("x").lockInterruptibly();
                return "taken";
            } catch (InterruptedException e) {
                return "interrupted";
            }
        });
        Thread thread = new Thread(interrupted);
        thread.start();
        await().atMost(LONG).until(() -> locks.status().get(0).waiting() == 1);
        thread.interrupt();
        assertThat(interrupted.get()).isEqualTo("interrupted");
        lock.unlock();
        assertThat(freeElsewhere("x")).isTrue();
    }

    @Test
    void lockWaitsThroughInterruptsAndKeepsTheFlag() throws Exception {
        Lock lock = registry.obtain("x");
        lock.lock();
        FutureTask<Boolean> patient = new FutureTask<>(() -> {
            registry.obtain("x").lock();
            boolean flag = Thread.interrupted();
            registry.obtain("x").unlock();
            return flag;
        });
        Thread thread = new Thread(patient);
        thread.start();
        await().atMost(LONG).until(() -> locks.status().get(0).waiting() == 1);
        thread.interrupt();
        lock.unlock();
        assertThat(patient.get()).isTrue();
    }

    @Test
    void thereAreNoConditions() {
        assertThatThrownBy(() -> registry.obtain("x").newCondition()).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void anyKeyWillDo() throws Exception {
        assertThat(SyncLockRegistry.name("order:42")).isEqualTo("integration:order:42");
        assertThat(SyncLockRegistry.name("a file.txt"))
                .matches("integration:sha256:[0-9a-f]{64}")
                .isNotEqualTo(SyncLockRegistry.name("a  file.txt"));
        assertThat(SyncLockRegistry.name("k".repeat(183))).isEqualTo("integration:" + "k".repeat(183));
        for (int length : new int[] {184, 188, 189, 300}) {
            assertThat(SyncLockRegistry.name("k".repeat(length))).hasSizeLessThan(100);
        }
        registry.executeLocked(
                "a file.txt", () -> assertThat(freeElsewhere("a file.txt")).isFalse());
        registry.executeLocked(42, () -> assertThat(freeElsewhere("42")).isFalse());
    }

    @Test
    void executeLockedOfTheInterfaceWorks() throws Exception {
        assertThat(registry.<String, RuntimeException>executeLocked("x", () -> "done"))
                .isEqualTo("done");
        Lock lock = otherNode.obtain("x");
        lock.lock();
        assertThatThrownBy(() -> registry.executeLocked("x", Duration.ofMillis(10), () -> {}))
                .isInstanceOf(TimeoutException.class);
        lock.unlock();
    }

    @Test
    void unprotectedCounterUnderTheLockLosesNothing() {
        int[] counter = {0};
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            CompletableFuture<?>[] workers = new CompletableFuture<?>[4];
            for (int w = 0; w < workers.length; w++) {
                SyncLockRegistry node = w % 2 == 0 ? registry : otherNode;
                workers[w] = CompletableFuture.runAsync(
                        () -> {
                            for (int i = 0; i < 50; i++) {
                                Lock lock = node.obtain("counter");
                                lock.lock();
                                counter[0]++;
                                lock.unlock();
                            }
                        },
                        threads);
            }
            assertThat(CompletableFuture.allOf(workers)).succeedsWithin(LONG);
        } finally {
            threads.shutdownNow();
        }
        assertThat(counter[0]).isEqualTo(200);
    }

    @Test
    void oneOfTwoCandidatesLeadsAndTheOtherFollows() throws Exception {
        LockRegistryLeaderInitiator first = leader(registry);
        LockRegistryLeaderInitiator second = leader(otherNode);
        try {
            first.start();
            await().atMost(LONG).until(() -> isLeader(first));
            second.start();
            await().during(Duration.ofMillis(200)).atMost(LONG).until(() -> isLeader(first) && !isLeader(second));

            first.stop();

            await().atMost(LONG).until(() -> isLeader(second) && !isLeader(first));
        } finally {
            first.destroy();
            second.destroy();
        }
    }

    @Test
    void leaderThatLostItsLockIsRevoked() throws Exception {
        LockRegistryLeaderInitiator first = leader(registry);
        try {
            first.start();
            await().atMost(LONG).until(() -> isLeader(first));

            locks.close(); // what is held is lost, and nothing can be taken any more

            await().atMost(LONG).until(() -> !isLeader(first));
        } finally {
            first.destroy();
        }
    }

    private static boolean isLeader(LockRegistryLeaderInitiator initiator) {
        Context context = initiator.getContext();
        return context != null && context.isLeader();
    }

    private static LockRegistryLeaderInitiator leader(LockRegistry<?> registry) {
        LockRegistryLeaderInitiator initiator =
                new LockRegistryLeaderInitiator(registry, new DefaultCandidate("node", "leader"));
        initiator.setHeartBeatMillis(20);
        initiator.setBusyWaitMillis(10);
        initiator.setLeaderEventPublisher(new NoEvents());
        return initiator;
    }

    private static final class NoEvents implements LeaderEventPublisher {

        @Override
        public void publishOnGranted(Object source, Context context, String role) {}

        @Override
        public void publishOnRevoked(Object source, Context context, String role) {}

        @Override
        public void publishOnFailedToAcquire(Object source, Context context, String role) {}
    }

    @Test
    void registryIsABeanUnlessThereIsAnother() {
        contexts.run(context -> assertThat(context).hasSingleBean(LockRegistry.class));
        contexts.withBean("own", LockRegistry.class, DefaultLockRegistry::new)
                .run(context ->
                        assertThat(context).hasSingleBean(LockRegistry.class).hasBean("own"));
    }

    @Test
    void noneIfSwitchedOffOrWithoutTheLibrary() {
        contexts.withPropertyValues("sync.lock.integration.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(LockRegistry.class));
        contexts.withClassLoader(new FilteredClassLoader("org.springframework.integration"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("syncLockRegistry"));
    }
}
