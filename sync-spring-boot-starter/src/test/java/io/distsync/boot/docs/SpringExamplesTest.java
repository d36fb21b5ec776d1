package io.distsync.boot.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.Delivery;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncOwnRegistration;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncListenerAutoConfiguration;
import io.distsync.boot.autoconfigure.election.SyncElectionAutoConfiguration;
import io.distsync.boot.autoconfigure.lock.SyncLockAutoConfiguration;
import io.distsync.boot.autoconfigure.registry.SyncRegistrationAutoConfiguration;
import io.distsync.registry.SyncRegistry;
import io.distsync.registry.balance.Balancer;
import io.distsync.registry.balance.LoadBalancer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The code of the README and the guide that needs Spring; the core's documentation test checks that it stands here. */
class SpringExamplesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncListenerAutoConfiguration.class));

    @Test
    void injectedServiceAndHandle() {
        contexts.withUserConfiguration(Readme.class).run(context -> {
            Visits visits = context.getBean(Visits.class);

            visits.count();

            assertThat(visits.counted()).isEqualTo(1);
        });
    }

    @Test
    void topicBeanAndListeners() {
        contexts.withUserConfiguration(Guide.class, Display.class).run(context -> {
            SyncService service = context.getBean(SyncService.class);
            Display display = context.getBean(Display.class);

            service.send(AppState.class, new AppState(1, "sent"));
            service.send(new Guide().lobby(), new Room(List.of("ada")));

            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(display.shown).contains(new AppState(1, "sent"), new Room(List.of("ada"))));
        });
    }

    @Test
    void lockedMethods() {
        contexts.withConfiguration(AutoConfigurations.of(SyncLockAutoConfiguration.class))
                .withBean(Orders.class)
                .run(context -> {
                    Orders orders = context.getBean(Orders.class);

                    orders.ship("42");
                    orders.report();
                    orders.report();

                    assertThat(orders.shipped()).singleElement().asString().startsWith("42 ");
                    assertThat(orders.reports()).isEqualTo(1);
                });
    }

    @Test
    void leaderOnly() {
        contexts.withConfiguration(AutoConfigurations.of(SyncElectionAutoConfiguration.class))
                .withBean(Imports.class)
                .run(context -> {
                    Imports imports = context.getBean(Imports.class);

                    await().atMost(PATIENCE).until(() -> imports.done().contains("begins importer"));
                    imports.importNext();

                    assertThat(imports.done()).hasSize(2);
                });
    }

    @Test
    void ownRegistrationAndBalancer() {
        contexts.withConfiguration(AutoConfigurations.of(SyncRegistrationAutoConfiguration.class))
                .withPropertyValues(
                        "spring.application.name=orders", "sync.registry.register=true", "sync.registry.weight=2")
                .withUserConfiguration(Calls.class)
                .run(context -> {
                    SyncOwnRegistration own = context.getBean(SyncOwnRegistration.class);

                    own.current().update(instance -> instance.withWeight(1));

                    await().atMost(PATIENCE)
                            .untilAsserted(() -> assertThat(
                                            context.getBean(Balancer.class).choose())
                                    .isEqualTo(own.current().instance()));
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class Calls {

        @Bean
        Balancer orders(SyncRegistry registry) {
            return Balancer.of(registry.instances("orders")::all, LoadBalancer.weightedRoundRobin());
        }
    }

    record Room(List<String> members) {}

    @Configuration(proxyBeanMethods = false)
    @Import(Visits.class)
    static class Readme {}

    @Configuration(proxyBeanMethods = false)
    static class Guide {

        @Bean
        Topic<Room> lobby() {
            return Topic.of("room:lobby", Room.class)
                    .withInitial(() -> new Room(List.of()))
                    .withIdleExpiry(Duration.ofHours(1));
        }
    }

    static class Display {

        private final List<Object> shown = new CopyOnWriteArrayList<>();

        @SyncListener
        void show(AppState state) {
            shown.add(state);
        }

        @SyncListener(topic = "room:lobby", delivery = Delivery.LATEST, id = "lobby")
        void show(Versioned<Room> room) {
            shown.add(room.present() ? room.value() : "closed");
        }
    }
}
