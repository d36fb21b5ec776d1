package io.distsync.boot.autoconfigure.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.boot.LeaderOnly;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.election.SyncElectionAutoConfiguration;
import io.distsync.registry.Registration;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import io.distsync.semaphore.Permit;
import io.distsync.semaphore.SyncSemaphores;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.search.MeterNotFoundException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class RecipeMetersTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SyncAutoConfiguration.class,
                    SyncElectionAutoConfiguration.class,
                    SyncMetricsAutoConfiguration.class))
            .withBean(MeterRegistry.class, () -> meters);

    @Test
    void permitsAreMeasuredApartFromLocks() {
        runner.run(context -> {
            Permit permit = context.getBean(SyncSemaphores.class)
                    .semaphore("exports", 2)
                    .tryAcquire(LONG)
                    .orElseThrow();
            assertThat(gauge("sync.semaphores.held")).isEqualTo(1);
            assertThat(gauge("sync.locks.held")).isZero();
            permit.close();
            await().atMost(LONG).untilAsserted(() -> {
                assertThat(gauge("sync.semaphores.held")).isZero();
                assertThat(meters.get("sync.semaphores.acquire")
                                .tag("outcome", "granted")
                                .timer()
                                .count())
                        .isEqualTo(1);
                assertThat(meters.get("sync.semaphores.hold").timer().count()).isEqualTo(1);
            });
        });
    }

    @Test
    void leadershipIsGaugedAndItsTermsAreCounted() {
        runner.withBean(Importer.class).run(context -> {
            await().atMost(LONG)
                    .ignoreException(MeterNotFoundException.class)
                    .untilAsserted(() -> assertThat(gauge("sync.leader", "election", "importer"))
                            .isEqualTo(1));
            context.getSourceApplicationContext().stop();
            assertThat(gauge("sync.leader", "election", "importer")).isZero();
            context.getSourceApplicationContext().start();
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(meters.get("sync.leader.changes")
                                    .tag("election", "importer")
                                    .counter()
                                    .count())
                            .isEqualTo(2));
        });
    }

    @Test
    void registrationsAreGaugedByStatus() {
        runner.run(context -> {
            context.getBeansOfType(MeterBinder.class).values().forEach(binder -> binder.bindTo(meters));
            Registration registration =
                    context.getBean(SyncRegistry.class).register(ServiceInstance.of("orders", "10.0.0.7", 8080));
            assertThat(gauge("sync.registrations", "status", "registered")).isEqualTo(1);
            assertThat(gauge("sync.registrations", "status", "retrying")).isZero();
            registration.close();
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(gauge("sync.registrations", "status", "registered"))
                            .isZero());
        });
    }

    @Test
    void instancesOfServicesThatAreFollowedAreGaugedByStatus() {
        runner.withPropertyValues("sync.metrics.max-topics=1").run(context -> {
            SyncRegistry registry = context.getBean(SyncRegistry.class);
            registry.register(ServiceInstance.of("orders", "10.0.0.7", 8080));
            assertThat(instances("orders", "up")).isNaN();
            registry.instances("orders");
            registry.instances("users");
            Registration draining = registry.register(ServiceInstance.of("orders", "10.0.0.8", 8080));
            draining.drain();

            await().atMost(LONG).untilAsserted(() -> {
                assertThat(instances("orders", "up")).isEqualTo(1);
                assertThat(instances("orders", "draining")).isEqualTo(1);
                assertThat(instances("orders", "down")).isZero();
            });
            assertThat(meters.find("sync.registry.instances").gauges()).hasSize(3);
            draining.close();
            await().atMost(LONG)
                    .untilAsserted(
                            () -> assertThat(instances("orders", "draining")).isZero());
        });
    }

    private double instances(String service, String status) {
        return gauge("sync.registry.instances", "service", service, "status", status);
    }

    private double gauge(String name, String... tags) {
        return meters.get(name).tags(tags).gauge().value();
    }

    static class Importer {

        @LeaderOnly("importer")
        void run() {}
    }
}
