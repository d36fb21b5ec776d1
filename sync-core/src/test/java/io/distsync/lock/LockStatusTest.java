package io.distsync.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldStatus;
import io.distsync.lease.LossReason;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What locks tell of themselves. */
@Timeout(60)
class LockStatusTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final SyncService service = SyncService.local();
    private final Told told = new Told();
    private final SyncLocks locks = SyncLocks.builder(service).metrics(told).build();

    @AfterEach
    void close() {
        locks.close();
        service.close();
    }

    @Test
    void whatIsAskedForWithoutOptionsIsHeldAsTheDefaultsSay() {
        Duration lease = Duration.ofSeconds(3);
        try (SyncLocks hasty = SyncLocks.builder(service)
                .defaults(LockOptions.defaults().withLease(lease))
                .build()) {
            assertThat(hasty.tryLock("a", LONG).orElseThrow().remaining()).isBetween(Duration.ZERO, lease);
            assertThat(hasty.tryLockAsync("b", LONG).join().orElseThrow().remaining())
                    .isBetween(Duration.ZERO, lease);
        }
    }

    @Test
    void whatIsHeldAndWaitedForIsShownByName() {
        Instant before = Instant.now().minusSeconds(5);
        LockGrant b = locks.tryLock("b", LONG).orElseThrow();
        LockGrant a = locks.tryLock("a", LONG).orElseThrow();
        var waiting = locks.tryLockAsync("a", LONG);

        List<HoldStatus> status = locks.status();
        assertThat(status).extracting(HoldStatus::name).containsExactly("a", "b");
        assertThat(status).extracting(HoldStatus::waiting).containsExactly(1, 0);
        assertThat(status.get(0).grants()).singleElement().satisfies(grant -> {
            assertThat(grant.token()).isEqualTo(a.token());
            assertThat(grant.remaining()).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(30));
            assertThat(grant.since()).isAfter(before);
        });

        b.close();
        a.close();
        LockGrant next = waiting.join().orElseThrow();
        assertThat(locks.status()).singleElement().satisfies(it -> {
            assertThat(it.waiting()).isZero();
            assertThat(it.grants())
                    .extracting(HoldStatus.Grant::token)
                    .containsExactly(next.token())
                    .doesNotContain(a.token());
        });
        next.close();
        assertThat(locks.status()).isEmpty();
    }

    @Test
    void holdersWhoShareAreShownOldestFirst() {
        LockOptions shared = LockOptions.defaults().shared();
        LockGrant first = locks.tryLock("a", LONG, shared).orElseThrow();
        LockGrant second = locks.tryLock("a", LONG, shared).orElseThrow();

        assertThat(locks.status().get(0).grants())
                .extracting(HoldStatus.Grant::token)
                .containsExactly(first.token(), second.token());
    }

    @Test
    void everyOutcomeIsTold() {
        LockGrant held = locks.tryLock("a", LONG).orElseThrow();
        assertThat(locks.tryLock("a", Duration.ZERO)).isEmpty();
        CompletableFuture<Optional<LockGrant>> waiting = locks.tryLockAsync("a", LONG);
        await().atMost(LONG).untilAsserted(() -> assertThat(told.what).containsExactly("GRANTED", "BUSY"));

        held.close();
        waiting.join().orElseThrow().close();
        assertThat(locks.tryLock("b", LONG)).isPresent();
        var last = locks.tryLockAsync("b", LONG);
        locks.close();

        await().atMost(LONG).until(last::isCompletedExceptionally);
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(told.what)
                        .containsExactlyInAnyOrder(
                                "GRANTED", "BUSY", "GRANTED", "GRANTED", "FAILED", "held", "held", "held"));
    }

    @Test
    void lossIsToldWithItsReason() {
        LockGrant held = locks.tryLock("a", LONG, LockOptions.defaults().withMaximumHold(Duration.ofMillis(50)))
                .orElseThrow();

        await().atMost(LONG)
                .untilAsserted(
                        () -> assertThat(told.what).containsExactlyInAnyOrder("GRANTED", "MAXIMUM_HOLD", "held"));
        held.close();
    }

    private static final class Told implements HoldMetrics {

        private final List<String> what = new CopyOnWriteArrayList<>();

        @Override
        public void acquired(Outcome outcome, Duration waited) {
            what.add(outcome.name());
        }

        @Override
        public void held(Duration elapsed) {
            what.add("held");
        }

        @Override
        public void lost(LossReason reason) {
            what.add(reason.name());
        }
    }
}
