package io.distsync.boot.autoconfigure.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.lock.LockGrant;
import io.distsync.lock.SyncLocks;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import net.javacrumbs.shedlock.core.ClockProvider;
import net.javacrumbs.shedlock.core.DefaultLockingTaskExecutor;
import net.javacrumbs.shedlock.core.LockAssert;
import net.javacrumbs.shedlock.core.LockConfiguration;
import net.javacrumbs.shedlock.core.LockProvider;
import net.javacrumbs.shedlock.core.LockingTaskExecutor;
import net.javacrumbs.shedlock.core.LockingTaskExecutor.TaskResult;
import net.javacrumbs.shedlock.core.SimpleLock;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Two nodes on one service, each with its provider, through the interfaces of ShedLock. */
class ShedLockTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration MINUTES = Duration.ofMinutes(5);

    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncLockAutoConfiguration.class));

    private void nodes(BiConsumer<LockProvider, LockProvider> test) {
        try (SyncService store = SyncService.local()) {
            ApplicationContextRunner node = contexts.withBean(
                    SyncService.class, () -> store, definition -> definition.setDestroyMethodName(""));
            node.run(one -> node.run(two -> test.accept(provider(one), provider(two))));
        }
    }

    /** Asks again if the store did not answer in time: there is hardly any, because nobody waits for a lock here. */
    private static LockProvider provider(ApplicationContext context) {
        LockProvider provider = context.getBean(LockProvider.class);
        return configuration -> await().atMost(LONG)
                .pollInSameThread()
                .ignoreException(OutcomeUnknownException.class)
                .until(() -> provider.lock(configuration), answer -> true);
    }

    private static LockConfiguration job(Duration atMost, Duration atLeast) {
        return new LockConfiguration(ClockProvider.now(), "job", atMost, atLeast);
    }

    private static Optional<SimpleLock> lock(LockProvider provider) {
        return provider.lock(job(MINUTES, Duration.ZERO));
    }

    @Test
    void oneNodeHasTheLockUntilItUnlocks() {
        nodes((one, two) -> {
            for (int i = 0; i < 10; i++) {
                SimpleLock lock = lock(one).orElseThrow();
                assertThat(lock(one)).isEmpty();
                assertThat(lock(two)).isEmpty();
                lock.unlock();
                lock(two).orElseThrow().unlock();
            }
        });
    }

    @Test
    void namesAreIndependent() {
        nodes((one, two) -> {
            SimpleLock lock = lock(one).orElseThrow();
            two.lock(new LockConfiguration(ClockProvider.now(), "other", MINUTES, Duration.ZERO))
                    .orElseThrow()
                    .unlock();
            lock.unlock();
        });
    }

    @Test
    void unlockingTwiceIsRefused() {
        nodes((one, two) -> {
            SimpleLock lock = lock(one).orElseThrow();
            lock.unlock();
            assertThatThrownBy(lock::unlock).isInstanceOf(IllegalStateException.class);
        });
    }

    @Test
    void lockIsFreeAfterLockAtMostForThoughItsHolderLives() {
        nodes((one, two) -> {
            SimpleLock lock =
                    one.lock(job(Duration.ofMillis(50), Duration.ZERO)).orElseThrow();
            Optional<SimpleLock> next = await().atMost(LONG).until(() -> lock(two), Optional::isPresent);
            lock.unlock();
            assertThat(lock(one)).as("a late unlock frees nobody else's lock").isEmpty();
            next.orElseThrow().unlock();
        });
    }

    @Test
    void lockIsBusyForLockAtLeastForThoughItWasUnlocked() {
        nodes((one, two) -> {
            one.lock(job(MINUTES, Duration.ofMillis(400))).orElseThrow().unlock();
            assertThat(lock(one)).isEmpty();
            assertThat(lock(two)).isEmpty();
            await().atMost(LONG).until(() -> lock(two), Optional::isPresent);
        });
    }

    @Test
    void lockIsBusyForLockAtLeastForThoughTheNodeHasEnded() {
        try (SyncService store = SyncService.local()) {
            ApplicationContextRunner node = contexts.withBean(
                    SyncService.class, () -> store, definition -> definition.setDestroyMethodName(""));
            node.run(
                    one -> assertThat(provider(one).lock(job(MINUTES, MINUTES))).isPresent());
            node.run(two -> assertThat(lock(provider(two))).isEmpty());
        }
    }

    @Test
    void extendedLockIsHeldForTheNewTime() {
        nodes((one, two) -> {
            SimpleLock lock =
                    one.lock(job(Duration.ofMillis(500), Duration.ZERO)).orElseThrow();
            SimpleLock extended = lock.extend(MINUTES, Duration.ZERO).orElseThrow();
            assertThatThrownBy(lock::unlock).isInstanceOf(IllegalStateException.class);
            // longer than the time before, and than the lease that was asked for with it
            await().during(Duration.ofSeconds(1))
                    .atMost(LONG)
                    .until(() -> lock(two).isEmpty());
            extended.unlock();
            lock(two).orElseThrow().unlock();
        });
    }

    @Test
    void lockThatIsOverIsNotExtended() {
        nodes((one, two) -> {
            SimpleLock lock =
                    one.lock(job(Duration.ofMillis(50), Duration.ZERO)).orElseThrow();
            await().atMost(LONG).until(() -> lock(two), Optional::isPresent);
            assertThat(lock.extend(MINUTES, Duration.ZERO)).isEmpty();
        });
    }

    @Test
    void extensionReplacesTheMinimalTime() {
        nodes((one, two) -> {
            one.lock(job(MINUTES, MINUTES))
                    .orElseThrow()
                    .extend(MINUTES, Duration.ZERO)
                    .orElseThrow()
                    .unlock();
            SimpleLock lock = lock(two).orElseThrow();
            lock.extend(MINUTES, MINUTES).orElseThrow().unlock();
            assertThat(lock(one)).isEmpty();
        });
    }

    @Test
    void taskExecutorRunsOnOneNodeOnly() {
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger run = new AtomicInteger();
        nodes((one, two) -> {
            LockingTaskExecutor first = new DefaultLockingTaskExecutor(one);
            LockingTaskExecutor second = new DefaultLockingTaskExecutor(two);
            TaskResult<String> result = execute(first, () -> {
                LockAssert.assertLocked();
                run.incrementAndGet();
                // in another thread: that of a task may enter again
                TaskResult<String> other = CompletableFuture.supplyAsync(() -> execute(second, () -> "second"))
                        .join();
                if (!other.wasExecuted()) {
                    refused.incrementAndGet();
                }
                return "first";
            });
            assertThat(result.getResult()).isEqualTo("first");
            assertThat(execute(second, () -> "second").getResult()).isEqualTo("second");
        });
        assertThat(run).hasValue(1);
        assertThat(refused).hasValue(1);
    }

    private static TaskResult<String> execute(
            LockingTaskExecutor executor, LockingTaskExecutor.TaskWithResult<String> task) {
        try {
            return executor.executeWithLock(task, job(MINUTES, Duration.ZERO));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void unprotectedCounterUnderTheLockLosesNothing() {
        int[] counter = {0};
        AtomicInteger locked = new AtomicInteger();
        nodes((one, two) -> {
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                CompletableFuture<?>[] workers = new CompletableFuture<?>[4];
                for (int w = 0; w < workers.length; w++) {
                    LockProvider provider = w % 2 == 0 ? one : two;
                    workers[w] = CompletableFuture.runAsync(
                            () -> {
                                for (int done = 0; done < 25; ) {
                                    Optional<SimpleLock> lock = lock(provider);
                                    if (lock.isPresent()) {
                                        counter[0]++;
                                        locked.incrementAndGet();
                                        done++;
                                        lock.get().unlock();
                                    }
                                }
                            },
                            threads);
                }
                CompletableFuture.allOf(workers).join();
            } finally {
                threads.shutdown();
            }
        });
        assertThat(counter[0]).isEqualTo(locked.get()).isEqualTo(100);
    }

    @Test
    void locksOfOthersWithTheSameNameDoNotMatter() {
        contexts.run(context -> {
            try (LockGrant other =
                    context.getBean(SyncLocks.class).tryLock("job", LONG).orElseThrow()) {
                assertThat(lock(provider(context))).isPresent();
                assertThat(other.isValid()).isTrue();
            }
        });
    }

    @Test
    void ownProviderReplacesIt() {
        contexts.withBean("own", LockProvider.class, () -> configuration -> Optional.empty())
                .run(context ->
                        assertThat(context).hasSingleBean(LockProvider.class).doesNotHaveBean(SyncLockProvider.class));
    }

    @Test
    void noneIfSwitchedOffOrWithoutTheLibrary() {
        contexts.withPropertyValues("sync.lock.shedlock.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(LockProvider.class));
        contexts.withClassLoader(new FilteredClassLoader("net.javacrumbs.shedlock"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("syncLockProvider"));
    }
}
