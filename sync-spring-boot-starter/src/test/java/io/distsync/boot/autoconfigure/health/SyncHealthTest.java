package io.distsync.boot.autoconfigure.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.FeedState;
import io.distsync.backend.SyncBackend;
import io.distsync.boot.autoconfigure.AppState;
import io.distsync.boot.autoconfigure.ManualTime;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.UnsteadyBackend;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.HttpCodeStatusMapper;
import org.springframework.boot.health.actuate.endpoint.StatusAggregator;
import org.springframework.boot.health.autoconfigure.actuate.endpoint.HealthEndpointAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

class SyncHealthTest {

    private final ManualTime time = new ManualTime();
    private final UnsteadyBackend backend = new UnsteadyBackend();
    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncHealthAutoConfiguration.class))
            .withBean(TimeSource.class, () -> time)
            .withBean(SyncBackend.class, () -> backend);

    @Test
    void upWhileEveryFollowedTopicIsCurrent() {
        runner.run(context -> {
            context.getBean(SyncService.class).sync(AppState.class);
            Health health = context.getBean(SyncHealthIndicator.class).health();
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails())
                    .containsEntry("mode", "unsteady")
                    .containsEntry("followedTopics", 1L)
                    .containsEntry("staleTopics", 0)
                    .containsEntry("pendingUpdates", 0L)
                    .doesNotContainKeys("stale", "unreachableSince");
        });
    }

    @Test
    void degradedWhileAFollowedTopicIsNotCurrent() {
        runner.run(context -> {
            context.getBean(SyncService.class).sync(AppState.class);
            SyncHealthIndicator indicator = context.getBean(SyncHealthIndicator.class);
            backend.feed("app_state", FeedState.STALE);
            assertThat(indicator.health().getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
            assertThat(indicator.health().getDetails())
                    .containsEntry("staleTopics", 1)
                    .extractingByKey("stale")
                    .asString()
                    .contains("app_state=STALE since " + time.instant());
            backend.feed("app_state", FeedState.RESYNCING);
            assertThat(indicator.health().getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
            assertThat(indicator.health().getDetails().get("stale")).asString().contains("RESYNCING since");
            backend.feed("app_state", FeedState.CURRENT);
            assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
        });
    }

    @Test
    void downOnceTheStoreWasUnreachableForTooLong() {
        runner.withPropertyValues("sync.health.down-after=3s").run(context -> {
            context.getBean(SyncService.class).sync(AppState.class);
            SyncHealthIndicator indicator = context.getBean(SyncHealthIndicator.class);
            backend.cut(time.instant());
            backend.feed("app_state", FeedState.STALE);
            time.advance(Duration.ofMillis(2_999));
            assertThat(indicator.health().getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
            time.advance(Duration.ofMillis(1));
            assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
            assertThat(indicator.health().getDetails()).containsKey("unreachableSince");
        });
    }

    @Test
    void degradedWhileTheStoreIsUnreachableThoughNothingIsFollowed() {
        runner.run(context -> {
            SyncHealthIndicator indicator = context.getBean(SyncHealthIndicator.class);
            backend.cut(time.instant());
            assertThat(indicator.health().getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
            time.advance(Duration.ofSeconds(10));
            assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
        });
    }

    @Test
    void degradedAndNeverDownWhileChangesAreNotBroadcast() {
        runner.run(context -> {
            SyncHealthIndicator indicator = context.getBean(SyncHealthIndicator.class);
            assertThat(indicator.health().getDetails()).doesNotContainKey("broadcast");

            backend.broadcast(new Broadcast("kafka", null, 0, null));
            assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
            assertThat(indicator.health().getDetails())
                    .containsEntry("broadcast", Map.of("system", "kafka", "pending", 0L));

            backend.broadcast(new Broadcast("kafka", time.instant(), 7, null));
            time.advance(Duration.ofDays(1));
            assertThat(indicator.health().getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
            assertThat(indicator.health().getDetails())
                    .doesNotContainKey("unreachableSince")
                    .extractingByKey("broadcast", InstanceOfAssertFactories.MAP)
                    .containsOnlyKeys("system", "unreachableSince", "pending")
                    .containsEntry("pending", 7L);

            backend.broadcast(new Broadcast("kafka", null, 7, "a topic cannot be used"));
            assertThat(indicator.health().getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
            assertThat(indicator.health().getDetails())
                    .extractingByKey("broadcast", InstanceOfAssertFactories.MAP)
                    .containsEntry("problem", "a topic cannot be used");
        });
    }

    @Test
    void downIsForTheStoreWhateverBecomesOfTheBroadcast() {
        backend.broadcast(new Broadcast("kafka", null, 0, null));
        runner.run(context -> {
            SyncHealthIndicator indicator = context.getBean(SyncHealthIndicator.class);
            backend.cut(time.instant());
            time.advance(Duration.ofSeconds(10));
            assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
        });
    }

    @Test
    void whatTheStoreSaysOfItselfIsADetail() {
        runner.run(context -> assertThat(
                        context.getBean(SyncHealthIndicator.class).health().getDetails())
                .containsEntry("store", Map.of("made", "for tests", "circuitBreaker", "CLOSED")));
    }

    @Test
    void manyStaleTopicsAreCountedButNotAllNamed() {
        runner.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            for (int i = 0; i < 50; i++) {
                service.sync(Topic.of("topic-" + i, String.class));
                backend.feed("topic-" + i, FeedState.STALE);
            }
            Health health = context.getBean(SyncHealthIndicator.class).health();
            assertThat(health.getDetails()).containsEntry("staleTopics", 50);
            assertThat(health.getDetails().get("stale"))
                    .asInstanceOf(InstanceOfAssertFactories.MAP)
                    .hasSize(20);
        });
    }

    @Test
    void downOnceTheServiceIsClosed() {
        runner.run(context -> {
            context.getBean(SyncService.class).close();
            assertThat(context.getBean(SyncHealthIndicator.class).health().getStatus())
                    .isEqualTo(Status.DOWN);
        });
    }

    @Test
    void ownIndicatorReplacesIt() {
        runner.withBean(
                        "syncHealthIndicator",
                        HealthIndicator.class,
                        () -> () -> Health.up().build())
                .run(context -> assertThat(context)
                        .hasSingleBean(HealthIndicator.class)
                        .doesNotHaveBean(SyncHealthIndicator.class));
    }

    @Test
    void canBeSwitchedOff() {
        runner.withPropertyValues("management.health.sync.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(SyncHealthIndicator.class));
        runner.withPropertyValues("sync.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SyncHealthIndicator.class));
    }

    @Test
    void degradedCountsInTheSumAndIsAnsweredWith200() {
        try (ConfigurableApplicationContext context = application()) {
            StatusAggregator sum = context.getBean(StatusAggregator.class);
            assertThat(sum.getAggregateStatus(Set.of(Status.UP, SyncHealthIndicator.DEGRADED)))
                    .isEqualTo(SyncHealthIndicator.DEGRADED);
            assertThat(sum.getAggregateStatus(Set.of(Status.DOWN, SyncHealthIndicator.DEGRADED)))
                    .isEqualTo(Status.DOWN);
            assertThat(context.getBean(HttpCodeStatusMapper.class).getStatusCode(SyncHealthIndicator.DEGRADED))
                    .isEqualTo(200);
            assertThat(context.getBean(HealthEndpoint.class).health().getStatus())
                    .isEqualTo(Status.UP);
            assertThat(context.getBean(HealthEndpoint.class).healthForPath("sync"))
                    .isNotNull();
        }
    }

    @Test
    void applicationMayOrderAndMapDegradedItself() {
        try (ConfigurableApplicationContext context = application(
                "--management.endpoint.health.status.order=DOWN,OUT_OF_SERVICE,UP,DEGRADED,UNKNOWN",
                "--management.endpoint.health.status.http-mapping.degraded=503")) {
            assertThat(context.getBean(StatusAggregator.class)
                            .getAggregateStatus(Set.of(Status.UP, SyncHealthIndicator.DEGRADED)))
                    .isEqualTo(Status.UP);
            assertThat(context.getBean(HttpCodeStatusMapper.class).getStatusCode(SyncHealthIndicator.DEGRADED))
                    .isEqualTo(503);
        }
    }

    @Test
    void orderInTheDefaultPropertiesOfTheApplicationCountsToo() {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(App.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .properties("management.endpoint.health.status.order=DEGRADED,DOWN,UP")
                .run()) {
            assertThat(context.getBean(StatusAggregator.class)
                            .getAggregateStatus(Set.of(Status.DOWN, SyncHealthIndicator.DEGRADED)))
                    .isEqualTo(SyncHealthIndicator.DEGRADED);
        }
    }

    private static ConfigurableApplicationContext application(String... arguments) {
        return new SpringApplicationBuilder(App.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .run(arguments);
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        SyncAutoConfiguration.class,
        SyncHealthAutoConfiguration.class,
        EndpointAutoConfiguration.class,
        HealthContributorRegistryAutoConfiguration.class,
        HealthEndpointAutoConfiguration.class
    })
    static class App {}
}
