package io.distsync.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.Subscription;
import io.distsync.registry.HealthCheck;
import io.distsync.registry.HealthCheckOptions;
import io.distsync.registry.InstanceFilters;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.Registration;
import io.distsync.registry.RegistrationOptions;
import io.distsync.registry.RegistrationStatus;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.ServiceSnapshot;
import io.distsync.registry.ServiceView;
import io.distsync.registry.SyncRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The examples of docs/registry.md. */
class RegistryExamplesTest {

    private static final Duration BOUND = Duration.ofSeconds(20);

    private final SyncService service = SyncService.local();
    private final Log log = new Log();

    /** What was logged, in place of a logger. */
    private static final class Log {

        private final List<String> lines = new CopyOnWriteArrayList<>();

        void info(String text, Object... values) {
            lines.add(text + List.of(values));
        }

        void warn(String text, Object... values) {
            lines.add(text + List.of(values));
        }
    }

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void register() {
        SyncRegistry registry = SyncRegistry.using(service);
        Registration registration = registry.register(ServiceInstance.of("orders", "10.0.0.7", 8080)
                .withWeight(2)
                .withPool("blue")
                .withZone("eu-1")
                .withMetadata(Map.of("version", "2.1")));

        ServiceView orders = registry.instances("orders");
        await().atMost(BOUND).until(() -> orders.all().equals(List.of(registration.instance())));
        registration.update(instance -> instance.withWeight(1));
        registration.drain();
        await().atMost(BOUND).until(() -> orders.available().isEmpty());
        assertThat(registration.instance().weight()).isEqualTo(1);
        assertThat(registration.instance().status()).isEqualTo(InstanceStatus.DRAINING);
        registry.close();
    }

    @Test
    void lookups() {
        try (SyncRegistry registry = SyncRegistry.using(service)) {
            ServiceInstance instance = ServiceInstance.of("orders", "10.0.0.7", 8080)
                    .withId("orders-1")
                    .withPool("blue")
                    .withMetadata(Map.of("version", "2.1"));
            registry.register(instance);
            await().atMost(BOUND)
                    .until(() -> !registry.instances("orders").all().isEmpty());

            ServiceView orders = registry.instances("orders");
            List<ServiceInstance> all = orders.all();
            List<ServiceInstance> available = orders.available();
            Optional<ServiceInstance> one = orders.find("orders-1");
            List<ServiceInstance> blue = orders.matching(InstanceFilters.available()
                    .and(InstanceFilters.pool("blue"))
                    .and(InstanceFilters.metadata("version", "2.1")));
            Map<String, ServiceSnapshot> several = registry.instances(List.of("orders", "users"));

            assertThat(List.of(all, available, blue)).containsOnly(List.of(instance));
            assertThat(one).contains(instance);
            assertThat(several).containsOnlyKeys("orders", "users");

            Subscription watching = orders.onChange((before, after) -> log.info(
                    "{} had {} instances and has {}",
                    after.service(),
                    before.all().size(),
                    after.all().size()));
            await().atMost(BOUND).until(() -> log.lines.size() == 1);
            assertThat(log.lines.get(0)).endsWith("[orders, 0, 1]");
            watching.close();
        }
    }

    @Test
    void healthCheck() {
        RegistrationOptions options = RegistrationOptions.defaults()
                .withLease(Duration.ofSeconds(10))
                .withHealthCheck(
                        HealthCheck.http("/actuator/health/readiness"),
                        HealthCheckOptions.defaults()
                                .withInterval(Duration.ofSeconds(5))
                                .withTimeout(Duration.ofSeconds(1))
                                .withThresholds(2, 3));
        try (SyncRegistry registry = SyncRegistry.using(service)) {
            Registration registration = registry.register(ServiceInstance.of("orders", "127.0.0.1", 1), options);
            assertThat(registration.instance().status()).isEqualTo(InstanceStatus.DOWN);
        }
    }

    @Test
    void replaced() {
        try (SyncRegistry registry = SyncRegistry.using(service)) {
            ServiceInstance instance = ServiceInstance.of("orders", "10.0.0.7", 8080);
            Registration registration = registry.register(instance);
            registration.onStatus(status -> {
                if (status == RegistrationStatus.REPLACED) {
                    log.warn(
                            "another process has registered {}",
                            registration.instance().id());
                }
            });
            registry.register(instance);
            assertThat(registration.drain()).isEqualTo(RegistrationStatus.REPLACED);
            await().atMost(BOUND).until(() -> log.lines.size() == 1);
        }
    }
}
