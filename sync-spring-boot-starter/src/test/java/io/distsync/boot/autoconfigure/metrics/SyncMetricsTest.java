package io.distsync.boot.autoconfigure.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.Delivery;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncMetrics;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.FeedState;
import io.distsync.backend.SyncBackend;
import io.distsync.boot.autoconfigure.AppState;
import io.distsync.boot.autoconfigure.ManualTime;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.UnsteadyBackend;
import io.distsync.error.NotAppliedException;
import io.distsync.lock.SyncLocks;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.time.TimeSource;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class SyncMetricsTest {

    private static final Duration BOUND = Duration.ofSeconds(20);

    private final ManualTime time = new ManualTime();
    private final UnsteadyBackend backend = new UnsteadyBackend();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ApplicationContextRunner plain = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncMetricsAutoConfiguration.class));
    private final ApplicationContextRunner runner = plain.withBean(MeterRegistry.class, () -> meters);

    @Test
    void updatesAreCountedTimedAndMeasuredByBatch() {
        runner.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            for (int i = 0; i < 5; i++) {
                service.optimisticUpdate(AppState.class, AppState::increment);
            }
            assertThat(count("sync.updates", "topic", "app_state", "outcome", "applied"))
                    .isEqualTo(5);
            assertThat(meters.get("sync.commit.batch").summary().totalAmount()).isEqualTo(5);
            assertThat(meters.get("sync.commit.latency").timer().count()).isBetween(1L, 5L);
            assertThat(gauge("sync.updates.pending", "topic", "app_state")).isZero();
        });
    }

    @Test
    void whatIsKnownOfAnUpdateIsATag() {
        runner.run(context -> {
            SyncMetrics metrics = context.getBean(SyncMetrics.class);
            metrics.notApplied("t", 2);
            metrics.unknown("t", 3);
            metrics.conflict("t");
            metrics.undecodable("t");
            metrics.reset("t");
            assertThat(count("sync.updates", "topic", "t", "outcome", "not_applied"))
                    .isEqualTo(2);
            assertThat(count("sync.updates", "topic", "t", "outcome", "unknown"))
                    .isEqualTo(3);
            assertThat(count("sync.conflicts", "topic", "t")).isEqualTo(1);
            assertThat(count("sync.undecodable", "topic", "t")).isEqualTo(1);
            assertThat(count("sync.listener.resets", "topic", "t")).isEqualTo(1);
        });
    }

    @Test
    void deliveriesAreCountedByOutcome() {
        runner.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            service.sync(AppState.class).onChange(state -> {
                if (state.value().counter() == 2) {
                    throw new IllegalStateException("two");
                }
            });
            for (int i = 0; i < 3; i++) {
                service.optimisticUpdate(AppState.class, AppState::increment);
            }
            await().atMost(BOUND).untilAsserted(() -> {
                assertThat(count("sync.listener.deliveries", "topic", "app_state", "outcome", "success"))
                        .isEqualTo(2);
                assertThat(count("sync.listener.deliveries", "topic", "app_state", "outcome", "failure"))
                        .isEqualTo(1);
            });
        });
    }

    @Test
    void lagIsThatOfTheSlowestListener() {
        manual().run(context -> {
            SyncService service = context.getBean(SyncService.class);
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch leave = new CountDownLatch(1);
            SyncListenerCallbacks<AppState> slow = new SyncListenerCallbacks<>() {
                @Override
                public void onChange(Versioned<AppState> state) throws Exception {
                    entered.countDown();
                    leave.await();
                }
            };
            service.sync(AppState.class).onChange(Delivery.EVERY, slow);
            service.optimisticUpdate(AppState.class, AppState::increment);
            entered.await();
            for (int i = 0; i < 7; i++) {
                service.optimisticUpdate(AppState.class, AppState::increment);
            }
            time.advance(Duration.ofSeconds(1));
            assertThat(gauge("sync.listener.lag", "topic", "app_state")).isBetween(7.0, 8.0);
            leave.countDown();
            await().atMost(BOUND).until(() -> {
                time.advance(Duration.ofSeconds(1));
                return gauge("sync.listener.lag", "topic", "app_state") == 0;
            });
        });
    }

    @Test
    void feedStateAndAgeFollowTheFeed() {
        manual().run(context -> {
            context.getBean(SyncService.class).sync(AppState.class);
            assertThat(gauge("sync.feed.state", "topic", "app_state", "state", "current"))
                    .isEqualTo(1);
            assertThat(gauge("sync.feed.state", "topic", "app_state", "state", "stale"))
                    .isZero();
            assertThat(gauge("sync.view.age", "topic", "app_state")).isZero();
            backend.feed("app_state", FeedState.STALE);
            time.advance(Duration.ofMillis(4_500));
            assertThat(gauge("sync.feed.state", "topic", "app_state", "state", "current"))
                    .isZero();
            assertThat(gauge("sync.feed.state", "topic", "app_state", "state", "stale"))
                    .isEqualTo(1);
            assertThat(gauge("sync.view.age", "topic", "app_state")).isEqualTo(4.5);
        });
    }

    @Test
    void ageOfATopicThatIsNotFollowedIsNoNumber() {
        runner.run(context -> {
            context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
            assertThat(gauge("sync.view.age", "topic", "app_state")).isNaN();
        });
    }

    @Test
    void topicsBeyondTheLimitShareATag() {
        manual().withPropertyValues("sync.metrics.max-topics=2").run(context -> {
            SyncService service = context.getBean(SyncService.class);
            for (int i = 0; i < 100; i++) {
                service.sync(Topic.of("room:" + i, String.class));
                service.send(Topic.of("room:" + i, String.class), "hello");
            }
            assertThat(topicTags()).containsExactlyInAnyOrder("room:0", "room:1", "other");
            assertThat(count("sync.updates", "topic", "other", "outcome", "applied"))
                    .isEqualTo(98);
            backend.feed("room:7", FeedState.STALE);
            time.advance(Duration.ofSeconds(3));
            assertThat(gauge("sync.feed.state", "topic", "other", "state", "current"))
                    .isEqualTo(97);
            assertThat(gauge("sync.feed.state", "topic", "other", "state", "stale"))
                    .isEqualTo(1);
            assertThat(gauge("sync.view.age", "topic", "other")).isEqualTo(3);
        });
    }

    @Test
    void locksAndPermitsDoNotTakeTheMetersOfTopics() {
        runner.withPropertyValues("sync.metrics.max-topics=3").run(context -> {
            for (int i = 0; i < 20; i++) {
                String name = "order:" + i;
                context.getBean(SyncLocks.class)
                        .tryLock(name, BOUND)
                        .orElseThrow()
                        .close();
                context.getBean(SyncSemaphores.class)
                        .semaphore(name, 2)
                        .tryAcquire(BOUND)
                        .orElseThrow()
                        .close();
            }
            context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
            assertThat(topicTags()).containsExactlyInAnyOrder("lock:*", "semaphore:*", "app_state");
            assertThat(count("sync.updates", "topic", "lock:*", "outcome", "applied"))
                    .isGreaterThanOrEqualTo(40);
            assertThat(gauge("sync.updates.pending", "topic", "lock:*")).isZero();
        });
    }

    @Test
    void noTopicHasATagOfItsOwnIfNoneMay() {
        runner.withPropertyValues("sync.metrics.max-topics=0").run(context -> {
            context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
            assertThat(topicTags()).containsExactly("other");
        });
    }

    @Test
    void everyMeterHasADescription() {
        runner.run(context -> {
            context.getBean(SyncService.class).sync(AppState.class);
            assertThat(meters.getMeters())
                    .isNotEmpty()
                    .allSatisfy(it -> assertThat(it.getId().getDescription()).isNotBlank());
        });
    }

    @Test
    void registryOfSpringBootIsUsed() {
        plain.withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class))
                .run(context -> {
                    context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
                    assertThat(context.getBean(MeterRegistry.class)
                                    .get("sync.updates")
                                    .tags("topic", "app_state", "outcome", "applied")
                                    .counter()
                                    .count())
                            .isEqualTo(1);
                });
    }

    @Test
    void timeWithoutTheStoreIsMeasured() {
        plain.withBean(TimeSource.class, () -> time)
                .withBean(SyncBackend.class, () -> backend)
                .withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class))
                .run(context -> {
                    TimeGauge unreachable = context.getBean(MeterRegistry.class)
                            .get("sync.backend.unreachable")
                            .timeGauge();
                    assertThat(unreachable.value(TimeUnit.SECONDS)).isZero();
                    backend.cut(time.instant());
                    time.advance(Duration.ofMillis(2_500));
                    assertThat(unreachable.value(TimeUnit.SECONDS)).isEqualTo(2.5);
                });
    }

    @Test
    void broadcastHasMetersIfThereIsOne() {
        ApplicationContextRunner bound = plain.withBean(TimeSource.class, () -> time)
                .withBean(SyncBackend.class, () -> backend)
                .withConfiguration(AutoConfigurations.of(
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class));
        bound.run(context -> assertThat(context.getBean(MeterRegistry.class).getMeters())
                .extracting(meter -> meter.getId().getName())
                .contains("sync.backend.unreachable")
                .noneMatch(name -> name.startsWith("sync.broadcast.")));

        backend.broadcast(new Broadcast("kafka", null, 3, null));
        bound.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            TimeGauge unreachable = registry.get("sync.broadcast.unreachable").timeGauge();
            assertThat(registry.get("sync.broadcast.pending").gauge().value()).isEqualTo(3);
            assertThat(unreachable.value(TimeUnit.SECONDS)).isZero();
            backend.broadcast(new Broadcast("kafka", time.instant(), 4, null));
            time.advance(Duration.ofMillis(2_500));
            assertThat(registry.get("sync.broadcast.pending").gauge().value()).isEqualTo(4);
            assertThat(unreachable.value(TimeUnit.SECONDS)).isEqualTo(2.5);
        });
    }

    @Test
    void ownMetricsReplaceThem() {
        runner.withBean("ownMetrics", SyncMetrics.class, () -> new SyncMetrics() {})
                .run(context -> assertThat(context)
                        .hasSingleBean(SyncMetrics.class)
                        .doesNotHaveBean(MicrometerSyncMetrics.class));
    }

    @Test
    void areLeftOutWithoutRegistryOrService() {
        plain.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SyncMetrics.class));
        runner.withPropertyValues("sync.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SyncMetrics.class));
    }

    @Test
    void refusedUpdateIsNotCountedAsApplied() {
        runner.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            service.send(AppState.class, new AppState(1, ""));
            service.close();
            assertThatThrownBy(() -> service.send(AppState.class, new AppState(2, "")))
                    .isInstanceOf(NotAppliedException.class);
            assertThat(count("sync.updates", "topic", "app_state", "outcome", "applied"))
                    .isEqualTo(1);
        });
    }

    private ApplicationContextRunner manual() {
        return runner.withBean(TimeSource.class, () -> time).withBean(SyncBackend.class, () -> backend);
    }

    private double count(String name, String... tags) {
        return meters.get(name).tags(tags).counter().count();
    }

    private double gauge(String name, String... tags) {
        return meters.get(name).tags(tags).gauge().value();
    }

    private Set<String> topicTags() {
        return meters.getMeters().stream()
                .map(Meter::getId)
                .map(id -> id.getTag("topic"))
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
    }
}
