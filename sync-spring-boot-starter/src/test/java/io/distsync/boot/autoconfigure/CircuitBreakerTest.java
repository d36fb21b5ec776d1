package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.backend.FeedState;
import io.distsync.boot.autoconfigure.health.SyncHealthAutoConfiguration;
import io.distsync.boot.autoconfigure.health.SyncHealthIndicator;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.SyncException;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** What the circuit breaker means to callers of a service, on a scripted store and on a real one. */
class CircuitBreakerTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    /** A refusal takes microseconds; this allows for a machine that is busy with something else. */
    private static final Duration AT_ONCE = Duration.ofMillis(500);

    private final SilentBackend store = new SilentBackend();

    private final ApplicationContextRunner bare = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncHealthAutoConfiguration.class));

    private final ApplicationContextRunner scripted = bare.withBean(SilentBackend.class, () -> store)
            .withPropertyValues(
                    "sync.timeout=20s",
                    "sync.heartbeat=50ms",
                    "sync.circuit-breaker.open-after=300ms",
                    "sync.health.down-after=1m");

    @AfterEach
    void everythingIsClosed() {
        store.close();
        LibraryThreads.awaitNone();
    }

    @Test
    void openCircuitFailsCallsAtOnceAsNotApplied() {
        scripted.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            increment(service);
            store.refuse(() -> new BackendUnavailableException("away"));

            assertThatThrownBy(() -> increment(service)).isInstanceOf(NotAppliedException.class);
            long begun = System.nanoTime();
            for (int i = 0; i < 10; i++) {
                assertThatThrownBy(() -> increment(service))
                        .isInstanceOf(NotAppliedException.class)
                        .hasCauseInstanceOf(CallNotPermittedException.class);
                assertThatThrownBy(() -> service.fetchLatest(AppState.class)).isInstanceOf(NotAppliedException.class);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(AT_ONCE.multipliedBy(10));
            assertThat(health(context).getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);

            store.refuse(null);
            await().atMost(BOUND).until(() -> circuit(context).equals("CLOSED"));
            assertThat(health(context).getStatus()).isEqualTo(Status.UP);
            assertThat(increment(service)).isEqualTo(2);
        });
    }

    /** It was applied, and so "not applied" would be a lie. */
    @Test
    void whatMayHaveBeenAppliedStaysUnknown() {
        scripted.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            increment(service);
            store.loseReplies(() -> new OutcomeUnknownException("the reply was lost"));
            CompletableFuture<?> sent = service.optimisticUpdateAsync(AppState.class, AppState::increment);
            await().atMost(BOUND).until(() -> circuit(context).matches("OPEN|HALF_OPEN"));
            assertThatThrownBy(sent::join).hasCauseInstanceOf(OutcomeUnknownException.class);

            store.loseReplies(null);
            await().atMost(BOUND).until(() -> circuit(context).equals("CLOSED"));
            assertThat(increment(service)).isEqualTo(3);
        });
    }

    @Test
    void shortOutageIsStillBridgedByTheService() {
        scripted.withPropertyValues("sync.circuit-breaker.open-after=20s").run(context -> {
            SyncService service = context.getBean(SyncService.class);
            store.refuse(() -> new BackendUnavailableException("away"));
            CompletableFuture<?> waiting = service.optimisticUpdateAsync(AppState.class, AppState::increment);
            await().atMost(BOUND).until(() -> store.requests() > 5);
            assertThat(waiting).isNotDone();
            store.refuse(null);
            assertThat(waiting).succeedsWithin(BOUND);
        });
    }

    @Test
    void instanceOfTheApplicationIsUsedWithItsOwnNumbers() {
        CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();
        CircuitBreaker own = registry.circuitBreaker(
                "sync",
                CircuitBreakerConfig.custom()
                        .slidingWindow(3, 3, CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        .build());
        scripted.withPropertyValues("sync.heartbeat=1m", "sync.circuit-breaker.open-after=1d")
                .withBean(CircuitBreakerRegistry.class, () -> registry)
                .run(context -> {
                    store.refuse(() -> new BackendUnavailableException("away"));
                    assertThatThrownBy(() -> increment(context.getBean(SyncService.class)))
                            .isInstanceOf(NotAppliedException.class);
                    assertThat(own.getState()).isEqualTo(CircuitBreaker.State.OPEN);
                    assertThat(store.requests()).isEqualTo(3);
                });
    }

    @Test
    void registryOfTheApplicationGetsTheInstance() {
        CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();
        scripted.withBean(CircuitBreakerRegistry.class, () -> registry).run(context -> {
            increment(context.getBean(SyncService.class));
            assertThat(registry.find("sync")).isPresent();
            assertThat(registry.circuitBreaker("sync").getMetrics().getNumberOfSuccessfulCalls())
                    .isPositive();
        });
    }

    @Test
    void thereIsNoneWithoutTheLibraryOrIfSwitchedOffOrInLocalMode() {
        scripted.withClassLoader(new FilteredClassLoader("io.github.resilience4j"))
                .run(context -> assertThat(details(context)).doesNotContainKey("circuitBreaker"));
        scripted.withPropertyValues("sync.circuit-breaker.enabled=false")
                .run(context -> assertThat(details(context)).doesNotContainKey("circuitBreaker"));
        bare.run(context -> assertThat(details(context)).doesNotContainKey("circuitBreaker"));
    }

    @Test
    void serverThatIsKilledAndStartedAgain() {
        try (RedisServer server = RedisServer.start(Durability.ALWAYS)) {
            bare.withConfiguration(AutoConfigurations.of(DataRedisAutoConfiguration.class))
                    .withPropertyValues(
                            "spring.data.redis.host=127.0.0.1",
                            "spring.data.redis.port=" + server.port(),
                            "sync.mode=redis",
                            "sync.timeout=1s",
                            "sync.heartbeat=100ms",
                            "sync.health.down-after=1m")
                    .run(context -> killAndRestart(server, context));
        }
    }

    private static void killAndRestart(RedisServer server, ApplicationContext context) {
        SyncService service = context.getBean(SyncService.class);
        SyncLocks locks = context.getBean(SyncLocks.class);
        LockOptions options = LockOptions.defaults().withLease(Duration.ofSeconds(20));
        try (DistributedSync<AppState> view = service.sync(AppState.class)) {
            await().atMost(BOUND).until(() -> health(context).getStatus().equals(Status.UP));
            increment(service);
            LockGrant held =
                    locks.tryLock("job", Duration.ofSeconds(5), options).orElseThrow();
            assertThat(circuit(context)).isEqualTo("CLOSED");

            server.kill();
            assertThatThrownBy(() -> increment(service))
                    .as("whether it was sent before the connection was seen to be lost, nobody knows")
                    .isInstanceOf(SyncException.class);
            await().atMost(BOUND).until(() -> circuit(context).equals("OPEN"));
            assertThat(health(context).getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
            assertThat(details(context)).containsKeys("circuitBreakerSince", "circuitBreakerRetryAt");
            for (int i = 0; i < 10; i++) {
                long begun = System.nanoTime();
                assertThatThrownBy(() -> increment(service)).isInstanceOf(NotAppliedException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(AT_ONCE);
            }
            assertThat(view.get().counter()).isEqualTo(1);

            server.start();
            await().atMost(BOUND).until(() -> health(context).getStatus().equals(Status.UP));
            assertThat(circuit(context)).isEqualTo("CLOSED");
            await().atMost(BOUND).until(() -> view.status().state() == FeedState.CURRENT);
            assertThat(increment(service)).isEqualTo(2);
            await().atMost(BOUND).until(() -> view.get().counter() == 2);

            assertThat(held.isValid()).isTrue();
            try (SyncLocks others = SyncLocks.using(service)) {
                assertThat(others.tryLock("job", Duration.ofMillis(50), options))
                        .isEmpty();
            }
            held.close();
        }
    }

    private static long increment(SyncService service) {
        return service.optimisticUpdate(AppState.class, AppState::increment)
                .value()
                .counter();
    }

    private static Health health(ApplicationContext context) {
        return context.getBean(SyncHealthIndicator.class).health();
    }

    private static Map<String, String> details(ApplicationContext context) {
        return context.getBean(SyncService.class).status().backend().details();
    }

    private static String circuit(ApplicationContext context) {
        return details(context).getOrDefault("circuitBreaker", "");
    }
}
