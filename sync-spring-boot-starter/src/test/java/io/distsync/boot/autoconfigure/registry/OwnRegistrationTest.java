package io.distsync.boot.autoconfigure.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.boot.SyncOwnRegistration;
import io.distsync.boot.autoconfigure.InvalidSyncPropertyException;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.Banner;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

/** What others on the same store see of an application that registers itself. */
class OwnRegistrationTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final SyncService elsewhere = SyncService.using(store);
    private final SyncRegistry registry = SyncRegistry.using(elsewhere);
    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(SyncAutoConfiguration.class, SyncRegistrationAutoConfiguration.class))
            .withBean(SyncBackend.class, () -> store, definition -> definition.setDestroyMethodName(""))
            .withPropertyValues("sync.registry.register=true", "spring.application.name=orders");

    @AfterEach
    void close() {
        registry.close();
        elsewhere.close();
        store.close();
    }

    private List<ServiceInstance> orders() {
        return registry.fetch("orders").all();
    }

    @Test
    void applicationIsRegisteredAsItsPropertiesSay() {
        contexts.withPropertyValues(
                        "sync.registry.service=shop/orders",
                        "sync.registry.host=10.0.0.7",
                        "sync.registry.port=8443",
                        "sync.registry.id=orders-1",
                        "sync.registry.secure=true",
                        "sync.registry.weight=3",
                        "sync.registry.pool=blue",
                        "sync.registry.zone=eu-1",
                        "sync.registry.metadata.version=2.1")
                .run(context -> assertThat(registry.fetch("shop/orders").all())
                        .containsExactly(new ServiceInstance(
                                "shop/orders",
                                "orders-1",
                                "10.0.0.7",
                                8443,
                                true,
                                3,
                                "blue",
                                "eu-1",
                                Map.of("version", "2.1"),
                                InstanceStatus.UP)));
        assertThat(registry.fetch("shop/orders").all()).isEmpty();
    }

    @Test
    void nameHostAndIdHaveDefaults() {
        contexts.withPropertyValues("sync.registry.port=8080")
                .run(context -> assertThat(orders()).singleElement().satisfies(instance -> {
                    assertThat(instance.host()).isEqualTo(HostAddress.ofThisMachine());
                    assertThat(instance.id()).isEqualTo(instance.host() + ":8080");
                }));
    }

    @Test
    void hostIsFoundByAnotherBean() {
        contexts.withBean(HostAddress.class, () -> () -> "10.0.0.8")
                .run(context -> assertThat(orders())
                        .singleElement()
                        .returns("10.0.0.8", ServiceInstance::host)
                        .returns(0, ServiceInstance::port));
    }

    @Test
    void portIsThatOfTheWebServerAndCallersAreToldBeforeItStops() {
        List<InstanceStatus> seen = new CopyOnWriteArrayList<>();
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Web.class)
                .bannerMode(Banner.Mode.OFF)
                .initializers(it -> {
                    GenericApplicationContext beans = (GenericApplicationContext) it;
                    beans.registerBean(
                            SyncBackend.class, () -> store, definition -> definition.setDestroyMethodName(""));
                    beans.registerBean(
                            Witness.class,
                            () -> new Witness(() -> seen.add(orders().get(0).status())));
                })
                .run(
                        "--server.port=0",
                        "--sync.registry.register=true",
                        "--sync.registry.host=localhost",
                        "--spring.application.name=orders")) {
            assertThat(orders())
                    .singleElement()
                    .returns(
                            context.getEnvironment().getRequiredProperty("local.server.port", Integer.class),
                            ServiceInstance::port)
                    .returns(InstanceStatus.UP, ServiceInstance::status);
        }
        assertThat(seen).containsExactly(InstanceStatus.DRAINING);
        assertThat(orders()).isEmpty();
    }

    @Test
    void contextThatIsStartedAgainRegistersAgain() {
        contexts.run(context -> {
            context.getSourceApplicationContext().stop();
            assertThat(orders()).singleElement().returns(InstanceStatus.DRAINING, ServiceInstance::status);

            context.getSourceApplicationContext().start();
            assertThat(orders()).singleElement().returns(InstanceStatus.UP, ServiceInstance::status);
        });
    }

    @Test
    void applicationChangesWhatIsSaidOfIt() {
        contexts.run(context -> {
            context.getBean(SyncOwnRegistration.class).current().update(instance -> instance.withWeight(7));

            assertThat(orders()).singleElement().returns(7, ServiceInstance::weight);
        });
    }

    @Test
    void checkThatFailsMakesItDown() {
        contexts.withPropertyValues(
                        "sync.registry.host=localhost",
                        "sync.registry.port=1",
                        "sync.registry.health-check.path=/actuator/health",
                        "sync.registry.health-check.interval=10ms")
                .run(context -> await().during(Duration.ofMillis(100))
                        .atMost(LONG)
                        .untilAsserted(() -> assertThat(orders())
                                .singleElement()
                                .returns(InstanceStatus.DOWN, ServiceInstance::status)));
    }

    @Test
    void noneUnlessAsked() {
        contexts.withPropertyValues("sync.registry.register=false")
                .run(context -> assertThat(context).doesNotHaveBean(SyncOwnRegistration.class));
        contexts.withPropertyValues("spring.cloud.service-registry.auto-registration.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(SyncOwnRegistration.class));
        contexts.withPropertyValues("sync.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SyncOwnRegistration.class));
        assertThat(orders()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "spring.application.name=, sync.registry.service must be set if spring.application.name is not",
        "spring.application.name=my orders, spring.application.name must have 1 to 191 characters",
        "sync.registry.service=my orders, sync.registry.service must have 1 to 191 characters",
        "sync.registry.host=, sync.registry.host must not be empty",
        "sync.registry.id=, sync.registry.id must not be empty",
        "sync.registry.port=65536, sync.registry.port must be from 0 to 65535",
        "sync.registry.port=-1, but is '-1'",
        "sync.registry.weight=1001, sync.registry.weight must be from 0 to 1000",
        "sync.registry.health-check.path=health, sync.registry.health-check.path must be a path",
        "sync.registry.health-check.interval=9ms, sync.registry.health-check.interval must be from 10ms to 1d",
    })
    void whatCannotBeEndsTheStart(String property, String message) {
        contexts.withPropertyValues(property)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncPropertyException.class)
                        .hasMessageContaining(message));
    }

    @Test
    void whatIsTooLongEndsTheStart() {
        contexts.withPropertyValues("sync.registry.id=" + "x".repeat(1_025))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncPropertyException.class)
                        .hasMessageContaining("sync.registry.id must have at most 1024 characters"));
        contexts.withPropertyValues("sync.registry.metadata.text=" + "x".repeat(SyncRegistry.MAX_METADATA))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncPropertyException.class)
                        .hasMessageContaining("sync.registry.metadata must have at most 65536 characters, keys"));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Web {}

    /** Is stopped when the web server is about to be. */
    private static final class Witness implements SmartLifecycle {

        private final Runnable onStop;
        private boolean running;

        Witness(Runnable onStop) {
            this.onStop = onStop;
        }

        @Override
        public void start() {
            running = true;
        }

        @Override
        public void stop() {
            running = false;
            onStop.run();
        }

        @Override
        public boolean isRunning() {
            return running;
        }

        @Override
        public int getPhase() {
            return WebServerApplicationContext.GRACEFUL_SHUTDOWN_PHASE;
        }
    }
}
