package io.distsync.boot.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.SyncBackend;
import io.distsync.boot.autoconfigure.SilentBackend;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.error.AbsentStateException;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.DeadlineExceededException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.error.StaleTokenException;
import io.distsync.error.UndecodableStateException;
import io.distsync.lock.LockNotAcquiredException;
import io.distsync.lock.SyncLocks;
import io.distsync.semaphore.NoPermitException;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.aopalliance.aop.Advice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.aop.Advisor;
import org.springframework.aop.framework.Advised;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.resilience.annotation.ConcurrencyLimit;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.stereotype.Service;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

/** The code of docs/resilience.md, and what it is said to do. */
class ResilienceExamplesTest {

    private final SilentBackend store = new SilentBackend();
    private final SyncService service =
            SyncService.builder(store).timeout(Duration.ofMillis(300)).build();
    private final SyncLocks locks = SyncLocks.using(service);
    private final Retry retry = retry();
    private final List<String> shown = new ArrayList<>();

    @AfterEach
    void close() {
        locks.close();
        service.close();
        store.close();
    }

    static Retry retry() {
        RetryConfig config = RetryConfig.custom()
                .maxAttempts(4)
                .intervalFunction(IntervalFunction.ofExponentialRandomBackoff(Duration.ofMillis(200), 2.0))
                .retryExceptions(NotAppliedException.class)
                .ignoreExceptions(
                        AbsentStateException.class,
                        LockNotAcquiredException.class,
                        NoPermitException.class,
                        RejectedException.class,
                        ServiceClosedException.class,
                        StaleTokenException.class,
                        UndecodableStateException.class)
                .build();
        return Retry.of("counting", config);
    }

    Versioned<AppState> count() {
        return retry.executeSupplier(() -> service.optimisticUpdate(AppState.class, state -> state.plus(1)));
    }

    @Test
    void whatWasNotAppliedIsRepeated() {
        store.refuse(ResilienceExamplesTest::away);
        retry.getEventPublisher().onRetry(event -> store.refuse(null));

        assertThat(count().value().counter()).isEqualTo(1);
        assertThat(retry.getMetrics().getNumberOfSuccessfulCallsWithRetryAttempt())
                .isEqualTo(1);
    }

    @Test
    void whatMayHaveBeenAppliedIsNotRepeated() {
        count();
        store.loseReplies(ResilienceExamplesTest::noAnswer);

        assertThatThrownBy(this::count).isInstanceOf(OutcomeUnknownException.class);
        assertThat(retry.getMetrics().getNumberOfFailedCallsWithoutRetryAttempt())
                .isEqualTo(1);
        store.loseReplies(null);
        assertThat(count().value().counter()).isEqualTo(3);
    }

    @Test
    void whatCanNeverSucceedIsNotRepeated() {
        store.refuse(() -> new RejectedException("no right"));

        assertThatThrownBy(this::count).isInstanceOf(RejectedException.class);
        assertThat(retry.getMetrics().getNumberOfFailedCallsWithoutRetryAttempt())
                .isEqualTo(1);
    }

    record Orders(Set<String> ids) {

        boolean has(String id) {
            return ids.contains(id);
        }

        Orders with(String id) {
            return new Orders(Stream.concat(ids.stream(), Stream.of(id)).collect(Collectors.toUnmodifiableSet()));
        }
    }

    private final Topic<Orders> orders = Topic.of("orders", Orders.class).withInitial(() -> new Orders(Set.of()));

    private final Retry evenIfUnknown = Retry.of(
            "orders",
            RetryConfig.custom()
                    .maxAttempts(4)
                    .retryExceptions(NotAppliedException.class, OutcomeUnknownException.class)
                    .build());

    Versioned<Orders> place(String id) {
        return evenIfUnknown.executeSupplier(
                () -> service.optimisticUpdate(orders, placed -> placed.has(id) ? placed : placed.with(id)));
    }

    @Test
    void whatIsIdempotentMayBeRepeatedEvenIfUnknown() {
        place("41");
        store.loseReplies(ResilienceExamplesTest::noAnswer);
        evenIfUnknown.getEventPublisher().onRetry(event -> store.loseReplies(null));

        assertThat(place("42").value().ids()).containsExactlyInAnyOrder("41", "42");
        assertThat(evenIfUnknown.getMetrics().getNumberOfSuccessfulCallsWithRetryAttempt())
                .isEqualTo(1);
    }

    @Service
    static class Counting {

        private final SyncService sync;

        Counting(SyncService sync) {
            this.sync = sync;
        }

        @Retryable(
                includes = NotAppliedException.class,
                excludes = {
                    AbsentStateException.class,
                    LockNotAcquiredException.class,
                    NoPermitException.class,
                    RejectedException.class,
                    ServiceClosedException.class,
                    StaleTokenException.class,
                    UndecodableStateException.class
                },
                maxRetries = 3,
                delay = 200,
                multiplier = 2,
                jitter = 100)
        @ConcurrencyLimit(8)
        Versioned<AppState> count() {
            return sync.optimisticUpdate(AppState.class, state -> state.plus(1));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableResilientMethods
    @Import(Counting.class)
    static class Resilient {}

    @Test
    void annotatedMethodIsRepeated() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class))
                .withPropertyValues("sync.timeout=300ms", "sync.circuit-breaker.enabled=false")
                .withBean(SyncBackend.class, () -> store)
                .withUserConfiguration(Resilient.class)
                .run(context -> {
                    Counting counting = context.getBean(Counting.class);
                    store.refuse(ResilienceExamplesTest::away);
                    CompletableFuture<Void> healed = CompletableFuture.runAsync(
                            () -> store.refuse(null), CompletableFuture.delayedExecutor(400, TimeUnit.MILLISECONDS));
                    assertThat(counting.count().value().counter()).isEqualTo(1);
                    healed.join();

                    store.refuse(() -> new RejectedException("no right"));
                    assertThatThrownBy(counting::count).isInstanceOf(RejectedException.class);

                    assertThat(Stream.of(((Advised) counting).getAdvisors())
                                    .map(Advisor::getAdvice)
                                    .map(Advice::getClass)
                                    .map(Class::getSimpleName))
                            .as("from the outside in")
                            .containsExactly("ConcurrencyLimitInterceptor", "RetryAnnotationInterceptor");
                });
    }

    RetryTemplate retryTemplate() {
        return new RetryTemplate(RetryPolicy.builder()
                .includes(NotAppliedException.class)
                .excludes(
                        AbsentStateException.class,
                        LockNotAcquiredException.class,
                        NoPermitException.class,
                        RejectedException.class,
                        ServiceClosedException.class,
                        StaleTokenException.class,
                        UndecodableStateException.class)
                .maxRetries(3)
                .delay(Duration.ofMillis(200))
                .multiplier(2)
                .jitter(Duration.ofMillis(100))
                .build());
    }

    Versioned<AppState> countByTemplate() {
        return retryTemplate().invoke(() -> service.optimisticUpdate(AppState.class, state -> state.plus(1)));
    }

    @Test
    void templateRepeatsAndThrowsWhatTheServiceThrew() {
        store.refuse(() -> new RejectedException("no right"));
        assertThatThrownBy(this::countByTemplate).isInstanceOf(RejectedException.class);
        store.refuse(null);
        countByTemplate();
        store.loseReplies(ResilienceExamplesTest::noAnswer);
        assertThatThrownBy(this::countByTemplate).isInstanceOf(OutcomeUnknownException.class);
        store.loseReplies(null);
        assertThat(countByTemplate().value().counter()).isEqualTo(3);
    }

    void countWithin(TimeLimiter limiter) throws Exception {
        CompletableFuture<Versioned<AppState>> update =
                service.optimisticUpdateAsync(AppState.class, state -> state.plus(1));
        try {
            limiter.executeFutureSupplier(() -> update);
        } catch (TimeoutException e) {
            show(update.isCancelled() ? "certainly not applied" : "applied once, or not at all");
        }
    }

    @Test
    void limitOfTimeCancelsAndTheFutureTellsWhatIsKnown() throws Exception {
        TimeLimiter limiter = TimeLimiter.of(Duration.ofMillis(50));

        store.refuse(ResilienceExamplesTest::away);
        countWithin(limiter);
        store.refuse(null);
        service.send(AppState.class, new AppState());
        service.fetchLatest(AppState.class);
        store.loseReplies(ResilienceExamplesTest::noAnswer);
        countWithin(limiter);

        assertThat(shown).containsExactly("certainly not applied", "applied once, or not at all");
    }

    CircuitBreaker breaker() {
        CircuitBreakerConfig config = CircuitBreakerConfig.custom()
                .slidingWindow(2, 2, SlidingWindowType.COUNT_BASED)
                .failureRateThreshold(100)
                .recordExceptions(DeadlineExceededException.class, OutcomeUnknownException.class)
                .waitDurationInOpenState(Duration.ofSeconds(2))
                .build();
        return CircuitBreaker.of("counting", config);
    }

    @Test
    void circuitOpensForSilenceOnly() {
        CircuitBreaker breaker = breaker();
        Runnable counting =
                breaker.decorateRunnable(() -> service.optimisticUpdate(AppState.class, state -> state.plus(1)));

        store.refuse(() -> new RejectedException("no right"));
        for (int i = 0; i < 4; i++) {
            assertThatThrownBy(counting::run).isInstanceOf(RejectedException.class);
        }
        assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
        store.refuse(ResilienceExamplesTest::away);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(counting::run).isInstanceOf(DeadlineExceededException.class);
        }
        assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
    }

    private final Bulkhead exports = Bulkhead.of(
            "exports",
            BulkheadConfig.custom()
                    .maxConcurrentCalls(4)
                    .maxWaitDuration(Duration.ZERO)
                    .build());

    String exported(String id) {
        return exports.executeSupplier(() -> export(id));
    }

    @Test
    void bulkheadRefusesWhatIsTooMuchForThisNode() {
        for (int i = 0; i < 4; i++) {
            exports.acquirePermission();
        }
        assertThatThrownBy(() -> exported("42")).isInstanceOf(BulkheadFullException.class);
        exports.releasePermission();
        assertThat(exported("42")).isEqualTo("exported 42");
    }

    String shipped(TransactionTemplate transactions) {
        return retry.executeSupplier(() ->
                locks.withLock("order:42", Duration.ofSeconds(5), grant -> transactions.execute(status -> ship("42"))));
    }

    @Test
    void lockIsHeldUntilTheTransactionIsCommitted() {
        List<Boolean> freeAtCommit = new ArrayList<>();
        TransactionTemplate transactions = new TransactionTemplate(new Transactions(
                () -> freeAtCommit.add(locks.tryLock("order:42", Duration.ZERO).isPresent())));

        assertThat(shipped(transactions)).isEqualTo("shipped 42");
        assertThat(freeAtCommit).containsExactly(false);
        assertThat(locks.tryLock("order:42", Duration.ofSeconds(5))).isPresent();
    }

    private void show(String text) {
        shown.add(text);
    }

    private static String export(String id) {
        return "exported " + id;
    }

    private static String ship(String id) {
        return "shipped " + id;
    }

    private static RuntimeException away() {
        return new BackendUnavailableException("away");
    }

    private static RuntimeException noAnswer() {
        return new OutcomeUnknownException("no answer");
    }

    /** Transactions of nothing; tells when one is committed. */
    private static final class Transactions extends AbstractPlatformTransactionManager {

        private static final long serialVersionUID = 1L;

        private final transient Runnable atCommit;

        Transactions(Runnable atCommit) {
            this.atCommit = atCommit;
        }

        @Override
        protected Object doGetTransaction() {
            return this;
        }

        @Override
        protected void doBegin(Object transaction, TransactionDefinition definition) {}

        @Override
        protected void doCommit(DefaultTransactionStatus status) {
            atCommit.run();
        }

        @Override
        protected void doRollback(DefaultTransactionStatus status) {}
    }
}
