package io.distsync.semaphore;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.lease.HoldMetrics;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SemaphoreStatusTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    @Test
    void whatIsHeldAndWaitedForIsToldAndMeasured() {
        List<HoldMetrics.Outcome> outcomes = new CopyOnWriteArrayList<>();
        HoldMetrics metrics = new HoldMetrics() {
            @Override
            public void acquired(Outcome outcome, Duration waited) {
                outcomes.add(outcome);
            }
        };
        try (SyncService service = SyncService.local();
                SyncSemaphores semaphores =
                        SyncSemaphores.builder(service).metrics(metrics).build()) {
            SyncSemaphore exports = semaphores.semaphore("exports", 1);
            assertThat(semaphores.status()).isEmpty();
            Permit held = exports.tryAcquire(LONG).orElseThrow();
            var waiting = exports.tryAcquireAsync(LONG);

            assertThat(semaphores.status()).singleElement().satisfies(status -> {
                assertThat(status.name()).isEqualTo("exports");
                assertThat(status.grants()).hasSize(1);
                assertThat(status.waiting()).isEqualTo(1);
            });
            held.close();
            assertThat(waiting).succeedsWithin(LONG);
            assertThat(outcomes).containsOnly(HoldMetrics.Outcome.GRANTED).isNotEmpty();
        }
    }
}
