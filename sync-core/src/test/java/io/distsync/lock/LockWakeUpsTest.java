package io.distsync.lock;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.Lease;
import io.distsync.backend.Page;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.semaphore.Permit;
import io.distsync.semaphore.SyncSemaphore;
import io.distsync.semaphore.SyncSemaphores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a thousand waiters cost. Who is woken asks the store whether it is its turn, so the questions tell the wake-ups. The
 * leases are longer than the test: no question comes of a timer.
 */
@Timeout(120)
class LockWakeUpsTest {

    private static final Duration LONG = Duration.ofHours(1);
    private static final LockOptions OPTIONS = LockOptions.defaults().withLease(Duration.ofDays(1));

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final Questions questions = new Questions(store);
    private final SyncService service = SyncService.using(questions);
    private final SyncService other = SyncService.using(questions);

    @AfterEach
    void close() {
        service.close();
        other.close();
        store.close();
    }

    @Test
    void wakeUpsOfOneReleaseDoNotDependOnTheNumberOfWaiters() {
        double few = questionsPerHandOver(20);
        double many = questionsPerHandOver(1_000);
        assertThat(few).as("questions for each hand-over, 20 waiters").isBetween(1.0, 3.0);
        assertThat(many).as("questions for each hand-over, 1,000 waiters").isBetween(1.0, 3.0);
    }

    /** The waiters are of two nodes in turn, so none is handed the lock without the store. */
    private double questionsPerHandOver(int waiters) {
        try (SyncLocks here = SyncLocks.using(service);
                SyncLocks there = SyncLocks.using(other)) {
            List<Integer> order = new ArrayList<>();
            CompletableFuture<?>[] all = new CompletableFuture<?>[waiters];
            LockGrant first = here.tryLock("x", LONG, OPTIONS).orElseThrow();
            for (int i = 0; i < waiters; i++) {
                int number = i;
                all[i] = (i % 2 == 0 ? there : here)
                        .tryLockAsync("x", LONG, OPTIONS)
                        .thenCompose(grant -> {
                            order.add(number); // guarded by the lock
                            return grant.orElseThrow().releaseAsync();
                        });
            }
            int before = questions.asked();
            first.close();
            CompletableFuture.allOf(all).orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(order).isSorted().hasSize(waiters);
            return (questions.asked() - before) / (double) waiters;
        }
    }

    @Test
    void wakeUpsOfOnePermitDoNotDependOnTheNumberOfWaiters() {
        try (SyncSemaphores semaphores =
                SyncSemaphores.builder(service).lease(Duration.ofDays(1)).build()) {
            SyncSemaphore semaphore = semaphores.semaphore("x", 2);
            Permit first = semaphore.tryAcquire(2, LONG).orElseThrow();
            CompletableFuture<?>[] all = new CompletableFuture<?>[1_000];
            for (int i = 0; i < all.length; i++) {
                all[i] = semaphore
                        .tryAcquireAsync(1, LONG)
                        .thenCompose(permit -> permit.orElseThrow().releaseAsync());
            }
            int before = questions.asked();
            first.close();
            CompletableFuture.allOf(all).orTimeout(60, TimeUnit.SECONDS).join();
            assertThat((questions.asked() - before) / (double) all.length)
                    .as("questions for each permit, two for a look")
                    .isBetween(1.0, 6.0);
        }
    }

    /** Counts reads and renewals. */
    private static final class Questions extends DelegatingBackend {

        private final AtomicInteger asked = new AtomicInteger();

        Questions(SyncBackend store) {
            super(store);
        }

        int asked() {
            return asked.get();
        }

        @Override
        public CompletionStage<Page> read(String topic, Selection selection) {
            asked.incrementAndGet();
            return super.read(topic, selection);
        }

        @Override
        public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
            asked.incrementAndGet();
            return super.keepAlive(leases);
        }
    }
}
