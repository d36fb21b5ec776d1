package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RegistryStatusTest {

    @Test
    void viewsAndRegistrationsAreKnownUntilTheyEnd() {
        try (SyncService service = SyncService.local();
                SyncRegistry registry = SyncRegistry.using(service)) {
            assertThat(registry.views()).isEmpty();
            ServiceView view = registry.instances("orders");
            Registration registration = registry.register(ServiceInstance.of("orders", "10.0.0.7", 8080));

            assertThat(registry.views()).containsOnlyKeys("orders").containsValue(view);
            assertThat(registry.registrations()).containsExactly(registration);

            registration.close();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> registry.registrations().isEmpty());
        }
    }
}
