package io.distsync.boot.autoconfigure.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.distsync.Delivery;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.BackendInfo.Broadcast;
import io.distsync.backend.FeedState;
import io.distsync.backend.SyncBackend;
import io.distsync.boot.SyncListener;
import io.distsync.boot.autoconfigure.AppState;
import io.distsync.boot.autoconfigure.ManualTime;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncListenerAutoConfiguration;
import io.distsync.boot.autoconfigure.UnsteadyBackend;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint.BroadcastDescriptor;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint.FeedDescriptor;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint.ServiceDescriptor;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint.TopicDescriptor;
import io.distsync.boot.autoconfigure.endpoint.SyncEndpoint.VersionDescriptor;
import io.distsync.election.CandidateOptions;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import io.distsync.registry.balance.Attempt;
import io.distsync.registry.balance.Balancer;
import io.distsync.registry.balance.LoadBalancer;
import io.distsync.registry.balance.OutlierOptions;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.time.TimeSource;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SyncEndpointTest {

    private static final AppState SECRET = new AppState(1, "secret");
    private static final String HIDDEN = "******";

    private final UnsteadyBackend backend = new UnsteadyBackend();
    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    EndpointAutoConfiguration.class,
                    SyncAutoConfiguration.class,
                    SyncListenerAutoConfiguration.class,
                    SyncEndpointAutoConfiguration.class))
            .withPropertyValues("management.endpoints.web.exposure.include=sync")
            .withBean(SyncBackend.class, () -> backend);

    @Test
    void listsTopicsWithVersionStatusAndListeners() {
        runner.withBean("listening", Listening.class).run(context -> {
            Versioned<AppState> sent = context.getBean(SyncService.class).send(AppState.class, SECRET);
            context.getBean(SyncService.class).send(Topic.of("unheard", String.class), "hello");
            backend.feed("app_state", FeedState.STALE);

            ServiceDescriptor descriptor = context.getBean(SyncEndpoint.class).service(null, null);

            assertThat(descriptor.mode()).isEqualTo("unsteady");
            assertThat(descriptor.details()).containsEntry("made", "for tests");
            assertThat(descriptor.topicCount()).isEqualTo(2);
            assertThat(descriptor.followedTopics()).isEqualTo(1);
            assertThat(descriptor.pendingUpdates()).isZero();
            assertThat(descriptor.listenerMethods())
                    .containsEntry("one", "RUNNING")
                    .containsEntry("two", "STOPPED");
            assertThat(descriptor.topics()).hasSize(2);
            assertThat(descriptor.topics().get(0)).satisfies(topic -> {
                assertThat(topic.name()).isEqualTo("app_state");
                assertThat(topic.type()).isEqualTo(AppState.class.getName());
                assertThat(topic.version()).isEqualTo(VersionDescriptor.of(sent.version()));
                assertThat(topic.feed().status()).isEqualTo("STALE");
                assertThat(topic.feed().since()).isNotNull();
                assertThat(topic.listeners()).isEqualTo(1);
            });
            assertThat(descriptor.topics().get(1).feed().status()).isEqualTo("NOT_FOLLOWED");
        });
    }

    /** A commit of this node is known at once; the view gets there by its feed. */
    @Test
    void feedIsShownWithItsPositionAndTheAgeOfTheView() {
        ManualTime time = new ManualTime();
        runner.withBean(TimeSource.class, () -> time)
                .withBean("listening", Listening.class)
                .run(context -> {
                    SyncEndpoint endpoint = context.getBean(SyncEndpoint.class);
                    Versioned<AppState> sent =
                            context.getBean(SyncService.class).send(AppState.class, SECRET);
                    assertThat(feed(endpoint)).satisfies(current -> {
                        assertThat(current.position()).isEqualTo(VersionDescriptor.of(sent.version()));
                        assertThat(current.viewAgeMillis()).isZero();
                        assertThat(current.currentAsOf()).isNull();
                    });

                    backend.feed("app_state", FeedState.STALE);
                    time.advance(Duration.ofSeconds(7));

                    assertThat(feed(endpoint)).satisfies(stale -> {
                        assertThat(stale.position()).isEqualTo(VersionDescriptor.of(sent.version()));
                        assertThat(stale.viewAgeMillis()).isEqualTo(7_000);
                    });
                    context.getBean(SyncService.class).send(Topic.of("unheard", String.class), "hello");
                    assertThat(topic(context, "unheard").feed().position()).isNull();
                    assertThat(topic(context, "unheard").feed().viewAgeMillis()).isNull();
                });
    }

    private static FeedDescriptor feed(SyncEndpoint endpoint) {
        return endpoint.service("app_state", null).topics().get(0).feed();
    }

    @Test
    void broadcastIsShownIfThereIsOne() {
        runner.run(context -> {
            SyncEndpoint endpoint = context.getBean(SyncEndpoint.class);
            assertThat(endpoint.service(null, null).broadcast()).isNull();
            Instant since = Instant.parse("2026-01-01T00:00:00Z");
            backend.broadcast(new Broadcast("kafka", since, 7, "a topic cannot be used"));
            assertThat(endpoint.service(null, null).broadcast())
                    .isEqualTo(new BroadcastDescriptor("kafka", since, 7, "a topic cannot be used"));
        });
    }

    @Test
    void locksAreShownWithTokensAndWaiters() {
        runner.run(context -> {
            SyncEndpoint endpoint = context.getBean(SyncEndpoint.class);
            assertThat(endpoint.service(null, null).locks()).isEmpty();
            SyncLocks locks = context.getBean(SyncLocks.class);
            LockGrant held = locks.tryLock("order:42", Duration.ofSeconds(20)).orElseThrow();
            var waiting = locks.tryLockAsync("order:42", Duration.ofSeconds(20), LockOptions.defaults());

            ServiceDescriptor shown = endpoint.service(null, null);

            assertThat(shown.lockCount()).isEqualTo(1);
            assertThat(endpoint.service(null, 0).locks()).isEmpty();
            assertThat(shown.locks()).singleElement().satisfies(lock -> {
                assertThat(lock.name()).isEqualTo("order:42");
                assertThat(lock.waiting()).isEqualTo(1);
                assertThat(lock.held()).singleElement().satisfies(grant -> {
                    assertThat(grant.token()).isEqualTo(held.token().toString());
                    assertThat(grant.remainingMillis()).isBetween(1L, 30_000L);
                });
            });
            assertThat(JsonMapper.shared().valueToTree(shown.locks().get(0)).propertyNames())
                    .containsExactly("name", "held", "waiting");
            assertThat(JsonMapper.shared()
                            .valueToTree(shown.locks().get(0).held().get(0))
                            .propertyNames())
                    .containsExactly("token", "since", "remainingMillis");
            assertThat(waiting).isNotDone();
        });
    }

    @Test
    void listIsBoundedAndCanBeNarrowed() {
        runner.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            for (int i = 0; i < 20; i++) {
                service.send(Topic.of("room:" + i, String.class), "hello");
                service.send(Topic.of("user/" + i, String.class), "hello");
            }
            SyncEndpoint endpoint = context.getBean(SyncEndpoint.class);
            assertThat(endpoint.service("user/", null).topics()).hasSize(20);
            assertThat(endpoint.service(null, 3).topics()).hasSize(3);
            assertThat(endpoint.service(null, 3).topicCount()).isEqualTo(40);
            assertThat(endpoint.service(null, -1).topics()).isEmpty();
        });
    }

    @Test
    void detailNamesEachListener() {
        runner.withBean("listening", Listening.class)
                .run(context -> assertThat(topic(context, "app_state").listeners())
                        .singleElement()
                        .satisfies(listener -> {
                            assertThat(listener.name()).isEqualTo("one");
                            assertThat(listener.delivery()).isEqualTo(Delivery.LATEST);
                        }));
    }

    @Test
    void nameMayContainSlashes() {
        runner.run(context -> {
            context.getBean(SyncService.class).send(Topic.of("a/b:c", String.class), "hello");
            assertThat(topic(context, "a", "b:c").name()).isEqualTo("a/b:c");
        });
    }

    @Test
    void unknownTopicIsNotFound() {
        runner.run(context ->
                assertThat(context.getBean(SyncEndpoint.class).topic("nobody")).isNull());
    }

    @Test
    void valuesAreHiddenByDefault() {
        runner.run(context -> {
            follow(context);
            assertThat(topic(context, "app_state").value()).isEqualTo(HIDDEN);
            assertThat(webTopic(context, user("admin")).value()).isEqualTo(HIDDEN);
        });
    }

    @Test
    void valuesAreShownIfTheyAlwaysMayBe() {
        runner.withPropertyValues("management.endpoint.sync.show-values=always").run(context -> {
            follow(context);
            assertThat(topic(context, "app_state").value()).isEqualTo(SECRET);
            assertThat(webTopic(context, user(null)).value()).isEqualTo(SECRET);
        });
    }

    @Test
    void valuesAreShownToAuthorizedUsers() {
        runner.withPropertyValues("management.endpoint.sync.show-values=when-authorized")
                .run(context -> {
                    follow(context);
                    assertThat(webTopic(context, user(null)).value()).isEqualTo(HIDDEN);
                    assertThat(webTopic(context, user("anybody")).value()).isEqualTo(SECRET);
                });
    }

    @Test
    void valuesAreShownToUsersInARole() {
        runner.withPropertyValues(
                        "management.endpoint.sync.show-values=when-authorized", "management.endpoint.sync.roles=admin")
                .run(context -> {
                    follow(context);
                    assertThat(webTopic(context, user("anybody")).value()).isEqualTo(HIDDEN);
                    assertThat(webTopic(context, user("admin")).value()).isEqualTo(SECRET);
                });
    }

    @Test
    void answersAreJson() {
        runner.withBean("listening", Listening.class)
                .withPropertyValues("management.endpoint.sync.show-values=always")
                .run(context -> {
                    Versioned<AppState> sent =
                            context.getBean(SyncService.class).send(AppState.class, SECRET);
                    JsonNode topic = JsonMapper.shared().valueToTree(topic(context, "app_state"));
                    assertThat(topic.at("/value/note").asString()).isEqualTo("secret");
                    assertThat(topic.at("/version/revision").asLong()).isEqualTo(1);
                    assertThat(topic.at("/version/link").asString())
                            .isEqualTo(Long.toHexString(sent.version().link()));
                    assertThat(topic.at("/feed/status").asString()).isEqualTo("CURRENT");
                    assertThat(topic.at("/listeners/0/delivery").asString()).isEqualTo("LATEST");
                });
    }

    @Test
    void ownEndpointReplacesIt() {
        runner.withUserConfiguration(Own.class)
                .run(context -> assertThat(context)
                        .hasSingleBean(SyncEndpoint.class)
                        .hasSingleBean(SyncEndpointWebExtension.class)
                        .hasBean("ownEndpoint")
                        .hasBean("ownExtension"));
    }

    @Test
    void isLeftOutUnlessExposedAndAvailable() {
        runner.withPropertyValues("management.endpoints.web.exposure.include=health")
                .run(context -> assertThat(context).doesNotHaveBean(SyncEndpoint.class));
        runner.withPropertyValues("management.endpoint.sync.access=NONE")
                .run(context -> assertThat(context).doesNotHaveBean(SyncEndpoint.class));
        runner.withPropertyValues("sync.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SyncEndpoint.class));
    }

    private static void follow(AssertableApplicationContext context) {
        SyncService service = context.getBean(SyncService.class);
        service.sync(AppState.class);
        service.send(AppState.class, SECRET);
    }

    private static TopicDescriptor topic(AssertableApplicationContext context, String... name) {
        return Objects.requireNonNull(context.getBean(SyncEndpoint.class).topic(name));
    }

    private static TopicDescriptor webTopic(AssertableApplicationContext context, SecurityContext security) {
        return Objects.requireNonNull(
                context.getBean(SyncEndpointWebExtension.class).topic(security, "app_state"));
    }

    /** Somebody in the role of the same name, or nobody. */
    private static SecurityContext user(@Nullable String name) {
        SecurityContext security = mock();
        Principal principal = name == null ? null : () -> name;
        given(security.getPrincipal()).willReturn(principal);
        given(security.isUserInRole(anyString()))
                .willAnswer(call -> call.getArgument(0).equals(name));
        return security;
    }

    static class Listening {

        @SyncListener(id = "one", delivery = Delivery.LATEST)
        void one(AppState state) {}

        @SyncListener(id = "two", autoStartup = "false")
        void two(AppState state) {}
    }

    @Test
    void semaphoresElectionsAndServicesAreShown() {
        runner.run(context -> {
            SyncEndpoint endpoint = context.getBean(SyncEndpoint.class);
            SyncRegistry registry = context.getBean(SyncRegistry.class);
            var held = context.getBean(SyncSemaphores.class)
                    .semaphore("exports", 2)
                    .tryAcquire(Duration.ofSeconds(20))
                    .orElseThrow();
            context.getBean(SyncElections.class).observe("importer");
            registry.register(
                    ServiceInstance.of("orders", "10.0.0.7", 8080).withId("a").withMetadata(Map.of("version", "2.1")));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> registry.instances("orders").available().size() == 1);

            ServiceDescriptor shown = endpoint.service(null, null);

            assertThat(shown.semaphores()).singleElement().satisfies(semaphore -> {
                assertThat(semaphore.name()).isEqualTo("exports");
                assertThat(semaphore.held()).hasSize(1);
            });
            assertThat(shown.elections())
                    .containsExactly(new RecipeDescriptors.ElectionDescriptor("importer", null, false));
            assertThat(shown.services()).singleElement().satisfies(service -> {
                assertThat(service.name()).isEqualTo("orders");
                assertThat(service.instances())
                        .containsExactly(new RecipeDescriptors.InstanceDescriptor(
                                "a", "10.0.0.7", 8080, "UP", 1, "", "", Map.of("version", "******"), null));
            });
            assertThat(endpoint.service(null, 0)).satisfies(none -> {
                assertThat(none.semaphores()).isEmpty();
                assertThat(none.elections()).isEmpty();
                assertThat(none.services()).isEmpty();
            });
            held.close();
            assertThat(endpoint.service(null, null).semaphores()).isEmpty();
        });
    }

    @Test
    void leaderIsShownWithWhatIsKnownOfIt() {
        runner.run(context -> {
            SyncEndpoint endpoint = context.getBean(SyncEndpoint.class);
            SyncElections elections = context.getBean(SyncElections.class);
            CompletableFuture<LeaderTerm> elected = new CompletableFuture<>();
            elections.join("importer", CandidateOptions.defaults().withPriority(7), new LeadershipListener() {
                @Override
                public void elected(LeaderTerm term) {
                    elected.complete(term);
                }

                @Override
                public void revoked(LeaderTerm term, RevocationReason reason) {}
            });
            String token = elected.get(20, TimeUnit.SECONDS).token().toString();

            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(endpoint.service(null, null).elections())
                            .singleElement()
                            .satisfies(election -> {
                                assertThat(election.leading()).isTrue();
                                assertThat(Objects.requireNonNull(election.leader()))
                                        .returns(7, RecipeDescriptors.LeaderDescriptor::priority)
                                        .returns(token, RecipeDescriptors.LeaderDescriptor::token)
                                        .satisfies(leader -> assertThat(leader.owner())
                                                .endsWith(":"
                                                        + ProcessHandle.current()
                                                                .pid()))
                                        .satisfies(leader -> assertThat(leader.since())
                                                .isBetween(
                                                        Instant.now().minus(Duration.ofMinutes(2)),
                                                        Instant.now().plus(Duration.ofMinutes(2))));
                            }));
        });
    }

    @Test
    void ejectedInstanceIsShownWithTheTimeOfItsReturn() {
        runner.withUserConfiguration(Balancers.class).run(context -> {
            SyncRegistry registry = context.getBean(SyncRegistry.class);
            for (String id : List.of("a", "b", "c")) {
                registry.register(ServiceInstance.of("orders", "10.0.0.7", 8080).withId(id));
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> registry.instances("orders").available().size() == 3);
            for (String balancer : List.of("longer", "shorter")) {
                fail(context.getBean(balancer, Balancer.class), "a");
            }

            Map<String, Optional<Instant>> ejected =
                    context.getBean(SyncEndpoint.class).service(null, null).services().get(0).instances().stream()
                            .collect(Collectors.toMap(
                                    RecipeDescriptors.InstanceDescriptor::id,
                                    each -> Optional.ofNullable(each.ejectedUntil())));

            assertThat(Objects.requireNonNull(ejected.get("a")).orElseThrow())
                    .isCloseTo(
                            context.getBean("longer", Balancer.class)
                                    .ejections()
                                    .get(0)
                                    .until(),
                            within(20, ChronoUnit.SECONDS));
            assertThat(ejected.get("b")).isEmpty();
            assertThat(ejected.get("c")).isEmpty();
        });
    }

    /** Lets all calls of that instance fail until it is ejected. */
    private static void fail(Balancer balancer, String id) {
        while (balancer.ejections().isEmpty()) {
            try (Attempt attempt = balancer.begin().orElseThrow()) {
                if (attempt.instance().id().equals(id)) {
                    attempt.failed();
                } else {
                    attempt.succeeded();
                }
            }
        }
    }

    /** The one that is named first tells of a shorter time. */
    @Configuration(proxyBeanMethods = false)
    static class Balancers {

        @Bean
        Balancer shorter(SyncRegistry registry) {
            return balancer(registry, Duration.ofMinutes(1));
        }

        @Bean
        Balancer longer(SyncRegistry registry) {
            return balancer(registry, Duration.ofMinutes(2));
        }

        private static Balancer balancer(SyncRegistry registry, Duration ejection) {
            return Balancer.of(
                    registry.instances("orders")::all,
                    LoadBalancer.roundRobin(),
                    OutlierOptions.defaults().withEjection(ejection, ejection),
                    TimeSource.system());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Own {

        @Bean
        SyncEndpoint ownEndpoint(SyncService service) {
            return new SyncEndpoint(service, () -> null, Recipes.none(), Show.NEVER, TimeSource.system());
        }

        @Bean
        SyncEndpointWebExtension ownExtension(SyncEndpoint endpoint) {
            return new SyncEndpointWebExtension(endpoint, Show.NEVER, Set.of());
        }
    }
}
