package io.distsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.lock.SyncLocks;
import io.distsync.semaphore.SyncSemaphore;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisURI;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/**
 * Callers that are virtual threads: by the thousand where there are such threads, and on every JDK what would keep them on the
 * threads that carry them. Before JDK 24 that is a call that waits while it has a monitor, or in one.
 */
@Timeout(300)
class VirtualThreadsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String CALLER = "caller";
    private static final int CALLERS = 5_000;
    private static final int WAITING = 1_000;
    private static final int LOCKING = 300;
    private static final int PERMITS = 3;
    private static final Topic<Counter> TOPIC =
            Topic.of("counter", Counter.class).withInitial(() -> Counter.ZERO);

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void thousandsOfVirtualThreadsInLocalMode() throws Exception {
        try (LocalSyncBackend store = LocalSyncBackend.create()) {
            callersComeThrough(store, virtualThreads());
        }
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void thousandsOfVirtualThreadsInRedisMode() throws Exception {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                SyncBackend store =
                        RedisSyncBackend.builder(RedisURI.create(redis.uri())).build()) {
            callersComeThrough(store, virtualThreads());
        }
    }

    @Test
    void nobodyWaitsWithAMonitorOrInOne() throws Exception {
        Set<String> kept = ConcurrentHashMap.newKeySet();
        AtomicLong seen = new AtomicLong();
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                SyncBackend store =
                        RedisSyncBackend.builder(RedisURI.create(redis.uri())).build()) {
            Thread watching = new Thread(() -> watch(kept, seen), "watching");
            watching.start();
            try {
                callersComeThrough(
                        store, Executors.newFixedThreadPool(100, work -> new Thread(work, CALLER)), 2_000, 50, 60);
            } finally {
                watching.interrupt();
                watching.join();
            }
        }
        assertThat(seen).as("waiting callers that were looked at").hasPositiveValue();
        assertThat(kept).isEmpty();
    }

    /** Looks at the callers until it is interrupted. */
    private static void watch(Set<String> kept, AtomicLong seen) {
        while (!Thread.currentThread().isInterrupted()) {
            for (ThreadInfo thread : ManagementFactory.getThreadMXBean().dumpAllThreads(true, false)) {
                boolean waits = thread.getThreadState() == Thread.State.WAITING
                        || thread.getThreadState() == Thread.State.TIMED_WAITING;
                boolean ours = thread.getThreadName().equals(CALLER);
                if (waits && ours) {
                    seen.incrementAndGet();
                    if (thread.getLockedMonitors().length > 0
                            || thread.getStackTrace()[0].getClassName().equals("java.lang.Object")
                            || thread.getStackTrace()[1].getClassName().equals("java.lang.Object")) {
                        kept.add(thread.toString());
                    }
                }
            }
        }
    }

    private static void callersComeThrough(SyncBackend store, ExecutorService callers) throws Exception {
        callersComeThrough(store, callers, CALLERS, WAITING, LOCKING);
    }

    private static void callersComeThrough(
            SyncBackend store, ExecutorService callers, int updating, int waiting, int locking) throws Exception {
        AtomicLong heard = new AtomicLong();
        try (SyncService service = SyncService.builder(store).timeout(PATIENCE).build();
                SyncLocks locks = SyncLocks.using(service);
                SyncSemaphores semaphores = SyncSemaphores.using(service);
                DistributedSync<Counter> view = service.sync(TOPIC)) {
            view.onChange(Delivery.LATEST, change -> heard.set(change.value().value()));
            List<Future<?>> waits = new ArrayList<>();
            for (int i = 0; i < waiting; i++) {
                waits.add(callers.submit(() -> {
                    try (DistributedSync<Counter> own = service.sync(TOPIC.withName("gong"))) {
                        while (!own.versioned().present()) {
                            assertThat(own.changed(PATIENCE)).isTrue();
                        }
                    }
                    return null;
                }));
            }
            List<Future<?>> work = new ArrayList<>();
            for (int i = 0; i < updating; i++) {
                work.add(callers.submit(() -> service.optimisticUpdate(TOPIC, state -> state.plus(1))));
            }
            int[] unguarded = new int[1];
            AtomicInteger inside = new AtomicInteger();
            AtomicInteger most = new AtomicInteger();
            SyncSemaphore slots = semaphores.semaphore("slots", PERMITS);
            for (int i = 0; i < locking; i++) {
                work.add(callers.submit(() -> locks.withLock("job", PATIENCE, grant -> ++unguarded[0])));
                work.add(callers.submit(() -> slots.withPermit(PATIENCE, permit -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    return inside.decrementAndGet();
                })));
            }
            for (Future<?> each : work) {
                each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            service.send(TOPIC.withName("gong"), Counter.of(1));
            for (Future<?> each : waits) {
                each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            assertThat(view.get().value()).isEqualTo(updating);
            assertThat(unguarded[0]).isEqualTo(locking);
            assertThat(most).hasValueLessThanOrEqualTo(PERMITS);
            await().atMost(PATIENCE).until(() -> heard.get() == updating);
        } finally {
            callers.shutdownNow();
            assertThat(callers.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    /** By name: the tests are compiled for JDK 17. */
    private static ExecutorService virtualThreads() throws ReflectiveOperationException {
        return (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    }
}
