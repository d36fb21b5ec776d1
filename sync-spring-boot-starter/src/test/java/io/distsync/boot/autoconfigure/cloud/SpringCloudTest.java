package io.distsync.boot.autoconfigure.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.AdditionalAnswers.delegatesTo;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;

import io.distsync.SyncService;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.registry.SyncRegistrationAutoConfiguration;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.Registration;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.client.CommonsClientAutoConfiguration;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import org.springframework.cloud.client.discovery.composite.CompositeDiscoveryClientAutoConfiguration;
import org.springframework.cloud.client.discovery.event.InstanceRegisteredEvent;
import org.springframework.cloud.client.discovery.simple.SimpleDiscoveryClientAutoConfiguration;
import org.springframework.cloud.client.loadbalancer.LoadBalancerClient;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistration;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistrationAutoConfiguration;
import org.springframework.cloud.client.serviceregistry.ServiceRegistry;
import org.springframework.cloud.client.serviceregistry.ServiceRegistryAutoConfiguration;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.cloud.commons.util.InetUtilsProperties;
import org.springframework.cloud.commons.util.UtilAutoConfiguration;
import org.springframework.cloud.loadbalancer.config.BlockingLoadBalancerClientAutoConfiguration;
import org.springframework.cloud.loadbalancer.config.LoadBalancerAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;

/** The registry through the interfaces of Spring Cloud; instances are registered by another node. */
class SpringCloudTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final SyncService elsewhere = SyncService.using(store);
    private final SyncRegistry registry = SyncRegistry.using(elsewhere);
    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SyncAutoConfiguration.class,
                    SyncRegistrationAutoConfiguration.class,
                    SyncDiscoveryAutoConfiguration.class,
                    UtilAutoConfiguration.class,
                    CommonsClientAutoConfiguration.class,
                    CompositeDiscoveryClientAutoConfiguration.class,
                    SimpleDiscoveryClientAutoConfiguration.class,
                    ServiceRegistryAutoConfiguration.class,
                    AutoServiceRegistrationAutoConfiguration.class,
                    LoadBalancerAutoConfiguration.class,
                    BlockingLoadBalancerClientAutoConfiguration.class))
            .withBean(SyncBackend.class, () -> store, definition -> definition.setDestroyMethodName(""));

    @AfterEach
    void close() {
        registry.close();
        elsewhere.close();
        store.close();
    }

    private Registration register(String id, int weight, String zone) {
        return registry.register(ServiceInstance.of("orders", "10.0.0.7", 8080)
                .withId(id)
                .withWeight(weight)
                .withZone(zone)
                .withMetadata(Map.of("version", "2.1")));
    }

    /** How often each was chosen. */
    private static Map<String, Integer> choose(ApplicationContext context, String service, int times) {
        LoadBalancerClient client = context.getBean(LoadBalancerClient.class);
        Map<String, Integer> chosen = new TreeMap<>();
        for (int i = 0; i < times; i++) {
            chosen.merge(Objects.requireNonNull(client.choose(service)).getInstanceId(), 1, Integer::sum);
        }
        return chosen;
    }

    @Test
    void discoveryClientHasTheAvailableInstancesAtOnce() {
        register("a", 2, "eu-1");
        register("b", 1, "").drain();
        contexts.run(context -> {
            DiscoveryClient client = context.getBean(DiscoveryClient.class);

            assertThat(client.getInstances("orders")).singleElement().satisfies(instance -> {
                assertThat(instance.getInstanceId()).isEqualTo("a");
                assertThat(instance.getServiceId()).isEqualTo("orders");
                assertThat(instance.getUri()).hasToString("http://10.0.0.7:8080");
                assertThat(instance.getMetadata()).isEqualTo(Map.of("version", "2.1", "weight", "2", "zone", "eu-1"));
            });
            assertThat(client.getServices()).containsExactly("orders");
            assertThat(client.getInstances("users")).isEmpty();
        });
    }

    @Test
    void reactiveDiscoveryClientHasThem() {
        register("a", 1, "");
        contexts.run(context -> assertThat(context.getBean(ReactiveDiscoveryClient.class)
                        .getInstances("orders")
                        .collectList()
                        .block(LONG))
                .singleElement()
                .returns("a", org.springframework.cloud.client.ServiceInstance::getInstanceId));
    }

    @Test
    void loadBalancerTakesTurnsUntilOneLeaves() {
        register("a", 1, "");
        Registration leaving = register("b", 1, "");
        contexts.run(context -> {
            assertThat(choose(context, "orders", 10)).isEqualTo(Map.of("a", 5, "b", 5));

            leaving.close();
            await().atMost(LONG).until(() -> choose(context, "orders", 2).equals(Map.of("a", 2)));
            assertThat(choose(context, "orders", 10)).isEqualTo(Map.of("a", 10));
        });
    }

    @Test
    void loadBalancerLeavesOutWhoDrainsOrIsDown() {
        register("a", 1, "");
        register("b", 1, "").drain();
        register("c", 1, "").update(instance -> instance.withStatus(InstanceStatus.DOWN));
        register("d", 0, "");
        contexts.run(context -> assertThat(choose(context, "orders", 10)).isEqualTo(Map.of("a", 10)));
    }

    @Test
    void loadBalancerHeedsWeights() {
        register("a", 3, "");
        register("b", 1, "");
        contexts.withPropertyValues("spring.cloud.loadbalancer.configurations=weighted")
                .run(context -> assertThat(choose(context, "orders", 40)).isEqualTo(Map.of("a", 30, "b", 10)));
    }

    @Test
    void loadBalancerPrefersTheZone() {
        register("a", 1, "eu-1");
        register("b", 1, "us-1");
        contexts.withPropertyValues(
                        "spring.cloud.loadbalancer.configurations=zone-preference",
                        "spring.cloud.loadbalancer.zone=us-1")
                .run(context -> assertThat(choose(context, "orders", 10)).isEqualTo(Map.of("b", 10)));
    }

    @Test
    void servicesThatAreNotRegisteredAreLeftToOtherClients() {
        register("a", 1, "");
        contexts.withPropertyValues(
                        "spring.cloud.discovery.client.simple.instances.users[0].instanceId=u",
                        "spring.cloud.discovery.client.simple.instances.users[0].uri=http://10.0.0.9:80")
                .run(context -> {
                    assertThat(choose(context, "users", 2)).isEqualTo(Map.of("u", 2));
                    assertThat(choose(context, "orders", 2)).isEqualTo(Map.of("a", 2));
                });
    }

    @Test
    void namesThatTheRegistryDoesNotTakeAreLeftToOtherClients() {
        contexts.withPropertyValues(
                        "spring.cloud.discovery.client.simple.instances[my users][0].instanceId=u",
                        "spring.cloud.discovery.client.simple.instances[my users][0].uri=http://10.0.0.9:80")
                .run(context -> {
                    assertThat(context.getBean(DiscoveryClient.class).getInstances("my users"))
                            .hasSize(1);
                    assertThat(choose(context, "my users", 2)).isEqualTo(Map.of("u", 2));
                    assertThat(context.getBean(ReactiveDiscoveryClient.class)
                                    .getInstances("my users")
                                    .collectList()
                                    .block(LONG))
                            .isEmpty();
                });
    }

    @Test
    void onlyTheFirstCallersWaitForAStoreThatIsAway() {
        SyncBackend away = mock(SyncBackend.class, delegatesTo(store));
        Subscription nothing = () -> {};
        doReturn(nothing).when(away).follow(any(), any(), any(), any());
        try (SyncService service = SyncService.using(away);
                SyncRegistry unread = SyncRegistry.using(service)) {
            CloudInstances instances = new CloudInstances(unread, Duration.ofMillis(200));
            SyncDiscoveryClient client = new SyncDiscoveryClient(instances);

            CompletableFuture<Void> wait = Objects.requireNonNull(instances.loading("orders"));
            assertThat(instances.loading("orders")).isSameAs(wait);
            new SyncReactiveDiscoveryClient(instances)
                    .getInstances("orders")
                    .subscribe()
                    .dispose();
            assertThat(wait).isNotCancelled();

            assertThat(client.getInstances("orders")).isEmpty();
            assertThat(wait).isCompleted();
            assertThat(instances.loading("orders")).isNull();
            assertThat(client.getServices()).containsExactly("orders");
        }
    }

    @Test
    void ownRegistrationIsTheOneOfSpringCloud() {
        contexts.withPropertyValues(
                        "sync.registry.register=true",
                        "sync.registry.host=10.0.0.8",
                        "sync.registry.port=8080",
                        "spring.application.name=orders",
                        "spring.cloud.service-registry.auto-registration.fail-fast=true")
                .run(context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(AutoServiceRegistration.class);
                    SyncServiceRegistry cloud = (SyncServiceRegistry) context.getBean(ServiceRegistry.class);
                    CloudRegistration mine = context.getBean(CloudRegistration.class);
                    assertThat(mine.getHost()).isEqualTo("10.0.0.8");
                    assertThat(cloud.<String>getStatus(mine)).isEqualTo("UP");

                    cloud.setStatus(mine, "out_of_service");

                    assertThat(registry.fetch("orders").all())
                            .singleElement()
                            .returns(InstanceStatus.DRAINING, ServiceInstance::status);
                    assertThatThrownBy(() -> cloud.setStatus(mine, "AWAY"))
                            .isInstanceOf(IllegalArgumentException.class);
                });
    }

    @Test
    void registrationIsToldToWhoWaitsForIt() {
        List<Object> hosts = new CopyOnWriteArrayList<>();
        contexts.withBean(Told.class, () -> new Told(hosts))
                .withPropertyValues(
                        "sync.registry.register=true", "sync.registry.host=10.0.0.8", "spring.application.name=orders")
                .run(context -> {
                    assertThat(hosts).containsExactly("10.0.0.8");
                    context.getSourceApplicationContext().stop();
                    context.getSourceApplicationContext().start();
                    assertThat(hosts).hasSize(2);
                });
    }

    @Test
    void hostIsThatOfSpringCloud() {
        contexts.withBean(InetUtils.class, OtherAddress::new)
                .withPropertyValues("sync.registry.register=true", "spring.application.name=orders")
                .run(context -> assertThat(registry.fetch("orders").all())
                        .singleElement()
                        .returns("10.0.0.99", ServiceInstance::host));
    }

    @Test
    void nothingIfSwitchedOffOrWithoutTheLibrary() {
        contexts.withPropertyValues("sync.registry.discovery.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(SyncDiscoveryClient.class));
        contexts.withPropertyValues("spring.cloud.discovery.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(SyncDiscoveryClient.class));
        contexts.withPropertyValues("sync.registry.loadbalancer.enabled=false")
                .run(context -> assertThat(context)
                        .hasSingleBean(SyncDiscoveryClient.class)
                        .doesNotHaveBean(LoadBalancerConfiguration.class));
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(SyncAutoConfiguration.class, SyncDiscoveryAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("org.springframework.cloud"))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean("syncDiscoveryClient"));
    }

    /** As the health indicators of discovery clients are. */
    private record Told(List<Object> hosts) implements ApplicationListener<InstanceRegisteredEvent<?>> {

        @Override
        public void onApplicationEvent(InstanceRegisteredEvent<?> event) {
            hosts.add(((CloudRegistration) event.getConfig()).getHost());
        }
    }

    private static final class OtherAddress extends InetUtils {

        OtherAddress() {
            super(new InetUtilsProperties());
        }

        @Override
        public HostInfo findFirstNonLoopbackHostInfo() {
            HostInfo found = new HostInfo();
            found.setIpAddress("10.0.0.99");
            return found;
        }
    }
}
