package io.distsync.boot.autoconfigure.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.lease.HoldMetrics;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class LockMetricsTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncMetricsAutoConfiguration.class))
            .withBean(MeterRegistry.class, () -> meters);

    @Test
    void whatIsHeldAndWaitedForIsGauged() {
        runner.run(context -> {
            SyncLocks locks = context.getBean(SyncLocks.class);
            try (LockGrant held = locks.tryLock("a", LONG).orElseThrow()) {
                var waiting = locks.tryLockAsync(held.name(), LONG, LockOptions.defaults());
                assertThat(meters.get("sync.locks.held").gauge().value()).isEqualTo(1);
                assertThat(meters.get("sync.locks.waiting").gauge().value()).isEqualTo(1);
                waiting.cancel(true);
            }
            await().atMost(LONG).untilAsserted(() -> {
                assertThat(meters.get("sync.locks.held").gauge().value()).isZero();
                assertThat(meters.get("sync.locks.waiting").gauge().value()).isZero();
            });
        });
    }

    @Test
    void askingAndHoldingAreTimed() {
        runner.run(context -> {
            SyncLocks locks = context.getBean(SyncLocks.class);
            try (LockGrant held = locks.tryLock("a", LONG).orElseThrow()) {
                assertThat(locks.tryLock(held.name(), Duration.ofSeconds(1))).isEmpty();
            }
            await().atMost(LONG).untilAsserted(() -> {
                assertThat(acquired("granted")).isEqualTo(1);
                assertThat(acquired("busy")).isEqualTo(1);
                assertThat(acquired("failed")).isZero();
                assertThat(meters.get("sync.locks.hold").timer().count()).isEqualTo(1);
            });
        });
    }

    @Test
    void lossesAreCountedByReason() {
        runner.run(context -> {
            try (LockGrant held = context.getBean(SyncLocks.class)
                    .tryLock("a", LONG, LockOptions.defaults().withMaximumHold(Duration.ofMillis(20)))
                    .orElseThrow()) {
                await().atMost(LONG).until(() -> !held.isValid());
            }
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(meters.get("sync.locks.lost")
                                    .tag("reason", "maximum_hold")
                                    .counter()
                                    .count())
                            .isEqualTo(1));
        });
    }

    @Test
    void namesOfLocksAreNoTags() {
        runner.run(context -> {
            context.getBean(SyncLocks.class)
                    .tryLock("order:42", LONG)
                    .orElseThrow()
                    .close();
            assertThat(meters.getMeters().stream()
                            .map(Meter::getId)
                            .filter(id -> id.getName().startsWith("sync.locks."))
                            .flatMap(id -> id.getTags().stream())
                            .map(Tag::getKey))
                    .isSubsetOf(List.of("outcome", "reason"));
        });
    }

    @Test
    void ownMetricsReplaceThem() {
        runner.withBean("own", HoldMetrics.class, () -> new HoldMetrics() {})
                .run(context -> assertThat(context).hasBean("own").doesNotHaveBean("syncLockMetrics"));
    }

    private long acquired(String outcome) {
        return meters.get("sync.locks.acquire").tag("outcome", outcome).timer().count();
    }
}
