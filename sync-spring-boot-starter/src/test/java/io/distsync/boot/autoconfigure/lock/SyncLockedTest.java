package io.distsync.boot.autoconfigure.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.backend.Selection;
import io.distsync.boot.OnBusy;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.SyncLockedGrants;
import io.distsync.boot.autoconfigure.InvalidSyncMethodException;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.lease.FencingToken;
import io.distsync.lease.HoldStatus;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockNotAcquiredException;
import io.distsync.lock.SyncLocks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.resilience.annotation.EnableResilientMethods;
import org.springframework.resilience.annotation.Retryable;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import reactor.core.publisher.Mono;

class SyncLockedTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncLockAutoConfiguration.class));

    private void run(ContextConsumer<AssertableApplicationContext> test) {
        contexts.withBean(Shop.class).withBean("till", Till.class).run(context -> {
            assertThat(context).hasNotFailed();
            test.accept(context);
        });
    }

    // --- names ------------------------------------------------------------------------------------------------------

    @Test
    void nameIsMadeOfTheArguments() {
        run(context -> {
            Shop shop = context.getBean(Shop.class);

            assertThat(shop.byName("42")).isEqualTo("order:42");
            assertThat(shop.byPosition("42", 7)).isEqualTo("order:42/7");
            assertThat(shop.byRoot("42")).isEqualTo("byRoot:42:Shop");
            assertThat(shop.byBean()).isEqualTo("till:3");
            assertThat(shop.literal()).isEqualTo("report");
        });
    }

    @Test
    void placeholdersAreReplacedInAllAttributes() {
        contexts.withBean(Configured.class)
                .withPropertyValues("tenant=acme", "patience=0s", "lease=10m")
                .run(context -> assertThat(context.getBean(Configured.class).run(context.getBean(SyncLocks.class)))
                        .isEqualTo("acme:report"));
    }

    @Test
    void nullInANameFailsTheCall() {
        run(context -> assertThatThrownBy(() -> context.getBean(Shop.class).byName(null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'order:#{#id}'")
                .hasMessageContaining("'#id', which is null"));
    }

    @Test
    void badNameFailsTheCall() {
        run(context -> assertThatThrownBy(() -> context.getBean(Shop.class).byName("a b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("order:a b"));
    }

    // --- busy -------------------------------------------------------------------------------------------------------

    @Test
    void methodThatIsNotToWaitThrows() {
        whileTaken(
                "x",
                shop -> assertThatThrownBy(() -> shop.impatient("x"))
                        .isInstanceOf(LockNotAcquiredException.class)
                        .hasMessageContaining("lock 'x' was taken")
                        .hasMessageContaining("Shop.impatient(String) was not called"));
    }

    @Test
    void stageFailsInsteadOfTheCall() {
        whileTaken(
                "x",
                shop -> assertThat(shop.impatientStage("x"))
                        .failsWithin(LONG)
                        .withThrowableThat()
                        .withCauseInstanceOf(LockNotAcquiredException.class));
    }

    @Test
    void skippedCallsReturnNothing() {
        whileTaken("x", shop -> {
            shop.skipVoid();
            assertThat(shop.skipObject()).isNull();
            assertThat(shop.skipOptional()).isEmpty();
            assertThat(shop.skipStage()).isCompletedWithValue(null);
            assertThat(shop.calls()).isEqualTo(0);
        });
        run(context -> {
            Shop shop = context.getBean(Shop.class);
            await().atMost(LONG).ignoreException(OutcomeUnknownException.class).untilAsserted(() -> {
                int before = shop.calls();
                shop.skipVoid();
                assertThat(shop.skipObject()).isEqualTo("done");
                assertThat(shop.skipOptional()).contains("done");
                assertThat(shop.skipStage()).succeedsWithin(LONG).isEqualTo("done");
                assertThat(shop.calls()).isEqualTo(before + 4);
            });
        });
    }

    @Test
    void callWaitsForTheLockIfItThrowsOtherwise() {
        run(context -> {
            LockGrant taken = take(context.getBean(SyncLocks.class), "x");
            CompletableFuture<Void> call =
                    CompletableFuture.runAsync(() -> context.getBean(Shop.class).patient("x"));
            await().atMost(LONG)
                    .until(() ->
                            context.getBean(SyncLocks.class).status().get(0).waiting() == 1);
            taken.close();
            assertThat(call).succeedsWithin(LONG);
        });
    }

    private void whileTaken(String name, java.util.function.Consumer<Shop> test) {
        run(context -> {
            try (LockGrant taken = take(context.getBean(SyncLocks.class), name)) {
                assertThat(taken.isValid()).isTrue();
                // again if the store did not answer in time: there is hardly any for those who do not wait
                await().atMost(LONG)
                        .ignoreException(OutcomeUnknownException.class)
                        .untilAsserted(() -> test.accept(context.getBean(Shop.class)));
            }
        });
    }

    private static LockGrant take(SyncLocks locks, String name) {
        return locks.tryLock(name, LONG).orElseThrow();
    }

    // --- holding ----------------------------------------------------------------------------------------------------

    @Test
    void lockIsHeldDuringTheCallAndGivenBackThen() {
        run(context -> {
            SyncLocks locks = context.getBean(SyncLocks.class);
            Shop shop = context.getBean(Shop.class);

            assertThat(shop.during(() -> held(locks))).isEqualTo("x");
            assertThat(held(locks)).isEmpty();
            assertThatThrownBy(() -> shop.during(() -> {
                        throw new IllegalStateException("expected");
                    }))
                    .hasMessage("expected");
            assertThat(held(locks)).isEmpty();
        });
    }

    @Test
    void lockIsHeldUntilTheStageCompletes() {
        run(context -> {
            SyncLocks locks = context.getBean(SyncLocks.class);
            Shop shop = context.getBean(Shop.class);
            CompletableFuture<String> work = new CompletableFuture<>();

            CompletableFuture<String> called = shop.stage(work);
            assertThat(held(locks)).isEqualTo("x");
            assertThat(called).isNotDone();

            work.complete("done");
            assertThat(called).succeedsWithin(LONG).isEqualTo("done");
            assertThat(held(locks)).isEmpty();

            assertThat(shop.stage(CompletableFuture.failedFuture(new IllegalStateException("expected"))))
                    .failsWithin(LONG)
                    .withThrowableThat()
                    .withCauseInstanceOf(IllegalStateException.class);
            assertThat(held(locks)).isEmpty();
        });
    }

    @Test
    void cancellingDoesNotEndTheLockBeforeTheWork() {
        run(context -> {
            SyncLocks locks = context.getBean(SyncLocks.class);
            CompletableFuture<String> work = new CompletableFuture<>();

            assertThat(context.getBean(Shop.class).stage(work).cancel(true)).isTrue();

            assertThat(work).isNotDone();
            assertThat(held(locks)).isEqualTo("x");
            work.complete("done");
            await().atMost(LONG).until(() -> held(locks).isEmpty());
        });
    }

    @Test
    void grantIsKnownInTheMethodOnly() {
        run(context -> {
            SyncLockedGrants grants = context.getBean(SyncLockedGrants.class);
            ThrowingCallable outside = grants::current;

            String token = context.getBean(Shop.class)
                    .during(() -> grants.current().token().toString());

            assertThat(FencingToken.parse(token).revision()).isPositive();
            assertThatThrownBy(outside)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("in no @SyncLocked method");
        });
    }

    @Test
    void nestedCallOfTheSameNameHasTheSameToken() {
        run(context -> {
            SyncLockedGrants grants = context.getBean(SyncLockedGrants.class);
            SyncLocks locks = context.getBean(SyncLocks.class);
            Shop shop = context.getBean(Shop.class);
            List<FencingToken> tokens = new ArrayList<>();

            shop.during(() -> {
                tokens.add(grants.current().token());
                shop.during(() -> {
                    tokens.add(grants.current().token());
                    return "";
                });
                tokens.add(grants.current().token());
                return held(locks);
            });

            assertThat(tokens).hasSize(3).containsOnly(tokens.get(0));
            assertThat(held(locks)).isEmpty();
        });
    }

    @Test
    void nestedCallOfAnotherNameHasItsOwnToken() {
        run(context -> {
            SyncLockedGrants grants = context.getBean(SyncLockedGrants.class);
            Shop shop = context.getBean(Shop.class);

            String names = shop.during(() -> {
                String inner = shop.byName("42");
                return inner + " in " + grants.current().name();
            });

            assertThat(names).isEqualTo("order:42 in x");
        });
    }

    @Test
    void lockCountsAsBusyForItsMinimalTime() {
        run(context -> {
            Shop shop = context.getBean(Shop.class);

            assertThat(shop.atLeast()).isEqualTo("done");
            assertThat(held(context.getBean(SyncLocks.class))).isEmpty();
            assertThat(shop.atLeast()).isNull();
            await().atMost(LONG).until(() -> shop.atLeast() != null);
        });
    }

    @Test
    void minimalTimesOfLocksHaveNothingToDoWithEachOther() {
        run(context -> {
            Shop shop = context.getBean(Shop.class);
            shop.atLeastOrThrow();
            assertThat(shop.atLeast()).isEqualTo("done");

            Function<String, SyncMap<String>> times =
                    lock -> context.getBean(SyncService.class).map(MinimumHold.topic(lock));
            await().atMost(LONG)
                    .until(() -> times.apply("job")
                            .read(Selection.first("", 10))
                            .entries()
                            .isEmpty());
            assertThat(times.apply("y").read(Selection.first("", 10)).entries()).hasSize(1);
        });
    }

    @Test
    void whoDoesNotGetALockForItsMinimalTimeIsToldSo() {
        run(context -> {
            Shop shop = context.getBean(Shop.class);
            shop.atLeastOrThrow();
            assertThatThrownBy(shop::atLeastOrThrow)
                    .isInstanceOf(LockNotAcquiredException.class)
                    .hasMessageContaining("lock 'y' counts as busy for a minimal time, which is not waited for")
                    .hasMessageContaining("Shop.atLeastOrThrow() was not called");
        });
    }

    @Test
    void lockIsGivenBackIfAStageCannotBeListenedTo() {
        run(context -> {
            CompletionStage<String> odd = mock();
            given(odd.whenComplete(any())).willThrow(new UnsupportedOperationException("expected"));

            assertThatThrownBy(() -> context.getBean(Shop.class).oddStage(odd)).hasMessage("expected");

            assertThat(held(context.getBean(SyncLocks.class))).isEmpty();
        });
    }

    private static String held(SyncLocks locks) {
        return locks.status().stream()
                .filter(status -> !status.grants().isEmpty())
                .map(HoldStatus::name)
                .reduce("", String::concat);
    }

    // --- with other aspects -----------------------------------------------------------------------------------------

    @Test
    void lockIsGivenBackAfterTheTransaction() {
        contexts.withUserConfiguration(Transactions.class).run(context -> {
            context.getBean(Ledger.class).book();
            Transactions transactions = context.getBean(Transactions.class);
            assertThat(transactions.heldAtBegin.get()).isEqualTo("x");
            assertThat(transactions.heldAtCommit.get()).isEqualTo("x");
        });
    }

    @Test
    void eachAttemptTakesTheLockAnew() {
        contexts.withUserConfiguration(Retries.class).run(context -> {
            Retries.Flaky flaky = context.getBean(Retries.Flaky.class);
            flaky.run();
            assertThat(flaky.tokens()).hasSize(2).doesNotHaveDuplicates();
        });
    }

    @Test
    void lockIsTakenWhereTheMethodRuns() {
        contexts.withUserConfiguration(Asynchronous.class).run(context -> {
            Asynchronous.Worker worker = context.getBean(Asynchronous.Worker.class);
            LockGrant taken = take(context.getBean(SyncLocks.class), "x");
            CompletableFuture<String> work = worker.run();
            assertThat(work).isNotDone();
            taken.close();
            assertThat(work).succeedsWithin(LONG).isEqualTo("x");
        });
    }

    @Test
    void interfaceProxiesWillDo() {
        contexts.withPropertyValues("spring.aop.proxy-target-class=false")
                .withBean("job", Job.class, NightlyJob::new)
                .run(context -> {
                    Job job = context.getBean(Job.class);
                    assertThat(AopUtils.isJdkDynamicProxy(job)).isTrue();
                    assertThat(job.run(context.getBean(SyncLockedGrants.class))).isEqualTo("night");
                });
    }

    @Test
    void onlyBeansWithTheAnnotationHaveAProxy() {
        run(context -> assertThat(AopUtils.isAopProxy(context.getBean("till"))).isFalse());
    }

    @Test
    void storeThatDoesNotAnswerFailsTheCall() {
        run(context -> {
            context.getBean(SyncLocks.class).close();
            assertThatThrownBy(() -> context.getBean(Shop.class).literal()).isInstanceOf(NotAppliedException.class);
        });
    }

    // --- mistakes ---------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(
            classes = {
                NoName.class,
                BadExpression.class,
                UnknownVariable.class,
                BadWait.class,
                LongWait.class,
                ShortLease.class,
                BadAtLeast.class,
                MissingPlaceholder.class,
                SkippedPrimitive.class,
                ReturnsMono.class,
                ReturnsPublisher.class,
                ReturnsFuture.class,
                PrivateMethod.class,
                FinalMethod.class
            })
    void mistakeEndsTheStart(Class<? extends Supplier<String>> type) {
        contexts.withBean(type)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncMethodException.class)
                        .hasMessageContaining("@SyncLocked method " + type.getName() + ".run(")
                        .hasMessageContaining(
                                type.getDeclaredConstructor().newInstance().get()));
    }

    @Test
    void methodThatIsNotInTheInterfaceEndsTheStart() {
        contexts.withPropertyValues("spring.aop.proxy-target-class=false")
                .withBean("job", HiddenJob.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncMethodException.class)
                        .hasMessageContaining("HiddenJob.hidden()"));
    }

    @Test
    void mistakeBehindAnInterfaceEndsTheStartThoughTheInterfaceHasNoAnnotation() {
        contexts.withPropertyValues("spring.aop.proxy-target-class=false")
                .withBean("job", UnknownJob.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncMethodException.class)
                        .hasMessageContaining("UnknownJob.hidden()"));
    }

    // --- beans ------------------------------------------------------------------------------------------------------

    static class Till {

        public int number() {
            return 3;
        }
    }

    static class Shop {

        private final AtomicInteger calls = new AtomicInteger();
        private final SyncLockedGrants grants;

        Shop(SyncLockedGrants grants) {
            this.grants = grants;
        }

        int calls() { // not a field: this is called on the proxy
            return calls.get();
        }

        @SyncLocked("order:#{#id}")
        String byName(@Nullable String id) {
            return grants.current().name();
        }

        @SyncLocked("order:#{#p0}/#{#a1}")
        String byPosition(String id, int part) {
            return grants.current().name();
        }

        @SyncLocked("#{#root.method.name}:#{#root.args[0]}:#{#root.targetClass.simpleName}")
        String byRoot(String id) {
            return grants.current().name();
        }

        @SyncLocked("till:#{@till.number()}")
        String byBean() {
            return grants.current().name();
        }

        @SyncLocked("report")
        String literal() {
            return grants.current().name();
        }

        @SyncLocked(name = "#{#name}", waitFor = "0s")
        void impatient(String name) {}

        @SyncLocked(name = "#{#name}", waitFor = "PT0S")
        CompletableFuture<String> impatientStage(String name) {
            return CompletableFuture.completedFuture(name);
        }

        @SyncLocked("#{#name}")
        void patient(String name) {}

        @SyncLocked(name = "y", atLeastFor = "1m")
        void atLeastOrThrow() {}

        @SyncLocked("x")
        CompletionStage<String> oddStage(CompletionStage<String> odd) {
            return odd;
        }

        @SyncLocked(name = "x", onBusy = OnBusy.SKIP)
        void skipVoid() {
            calls.incrementAndGet();
        }

        @SyncLocked(name = "x", onBusy = OnBusy.SKIP)
        @Nullable
        String skipObject() {
            calls.incrementAndGet();
            return "done";
        }

        @SyncLocked(name = "x", onBusy = OnBusy.SKIP)
        Optional<String> skipOptional() {
            calls.incrementAndGet();
            return Optional.of("done");
        }

        @SyncLocked(name = "x", onBusy = OnBusy.SKIP)
        CompletableFuture<String> skipStage() {
            calls.incrementAndGet();
            return CompletableFuture.completedFuture("done");
        }

        @SyncLocked("x")
        String during(Supplier<String> action) {
            return action.get();
        }

        @SyncLocked("x")
        CompletableFuture<String> stage(CompletableFuture<String> work) {
            return work;
        }

        @SyncLocked(name = "job", onBusy = OnBusy.SKIP, atLeastFor = "300ms")
        @Nullable
        String atLeast() {
            return "done";
        }
    }

    static class Configured {

        @SyncLocked(name = "${tenant}:report", waitFor = "${patience}", lease = "${lease}")
        String run(SyncLocks locks) {
            HoldStatus status = locks.status().get(0);
            assertThat(status.grants().get(0).remaining()).isGreaterThan(Duration.ofMinutes(5));
            return status.name();
        }
    }

    static class Ledger {

        @Transactional
        @SyncLocked("x")
        void book() {}
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement(proxyTargetClass = true)
    static class Transactions {

        final AtomicReference<String> heldAtBegin = new AtomicReference<>("");
        final AtomicReference<String> heldAtCommit = new AtomicReference<>("");

        @Bean
        Ledger ledger() {
            return new Ledger();
        }

        @Bean
        AbstractPlatformTransactionManager transactionManager(SyncLocks locks) {
            return new AbstractPlatformTransactionManager() {

                private static final long serialVersionUID = 1L;

                @Override
                protected Object doGetTransaction() {
                    return "transaction";
                }

                @Override
                protected void doBegin(Object transaction, TransactionDefinition definition) {
                    heldAtBegin.set(held(locks));
                }

                @Override
                protected void doCommit(DefaultTransactionStatus status) {
                    heldAtCommit.set(held(locks));
                }

                @Override
                protected void doRollback(DefaultTransactionStatus status) {}
            };
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableResilientMethods(proxyTargetClass = true)
    static class Retries {

        @Bean
        Flaky flaky(SyncLockedGrants grants) {
            return new Flaky(grants);
        }

        static class Flaky {

            private final SyncLockedGrants grants;
            private final List<FencingToken> tokens = new ArrayList<>();

            Flaky(SyncLockedGrants grants) {
                this.grants = grants;
            }

            List<FencingToken> tokens() {
                return tokens;
            }

            @Retryable(delay = 1)
            @SyncLocked("x")
            void run() {
                tokens.add(grants.current().token());
                if (tokens.size() == 1) {
                    throw new IllegalStateException("expected");
                }
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAsync(proxyTargetClass = true)
    static class Asynchronous {

        @Bean
        Worker worker(SyncLockedGrants grants) {
            return new Worker(grants);
        }

        static class Worker {

            private final SyncLockedGrants grants;

            Worker(SyncLockedGrants grants) {
                this.grants = grants;
            }

            @Async
            @SyncLocked(name = "x", waitFor = "20s")
            CompletableFuture<String> run() {
                return CompletableFuture.completedFuture(grants.current().name());
            }
        }
    }

    interface Job {

        @SyncLocked("night")
        String run(SyncLockedGrants grants);
    }

    static class NightlyJob implements Job {

        @Override
        public String run(SyncLockedGrants grants) {
            return grants.current().name();
        }
    }

    static class HiddenJob implements Job {

        @Override
        public String run(SyncLockedGrants grants) {
            return "";
        }

        @SyncLocked("hidden")
        void hidden() {}
    }

    interface Plain {

        void run();
    }

    static class UnknownJob implements Plain {

        @Override
        @SyncLocked("night")
        public void run() {}

        @SyncLocked("hidden")
        void hidden() {}
    }

    // --- beans that are wrong; get() tells the expected message -----------------------------------------------------

    static class NoName implements Supplier<String> {

        @SyncLocked
        void run() {}

        @Override
        public String get() {
            return "has name = ''";
        }
    }

    static class BadExpression implements Supplier<String> {

        @SyncLocked("order:#{#id")
        void run(String id) {}

        @Override
        public String get() {
            return "has name = 'order:#{#id'";
        }
    }

    static class UnknownVariable implements Supplier<String> {

        @SyncLocked("order:#{#idd.length()}")
        void run(String id) {}

        @Override
        public String get() {
            return "there is no #idd among the parameters of run";
        }
    }

    static class BadWait implements Supplier<String> {

        @SyncLocked(name = "x", waitFor = "soon")
        void run() {}

        @Override
        public String get() {
            return "has waitFor = 'soon'";
        }
    }

    static class LongWait implements Supplier<String> {

        @SyncLocked(name = "x", waitFor = "366d")
        void run() {}

        @Override
        public String get() {
            return "it must be from 0s to 365d";
        }
    }

    static class ShortLease implements Supplier<String> {

        @SyncLocked(name = "x", lease = "99ms")
        void run() {}

        @Override
        public String get() {
            return "has lease = '99ms', which cannot be used: the lease must be from";
        }
    }

    static class BadAtLeast implements Supplier<String> {

        @SyncLocked(name = "x", atLeastFor = "-1s")
        void run() {}

        @Override
        public String get() {
            return "has atLeastFor = '-1s'";
        }
    }

    static class MissingPlaceholder implements Supplier<String> {

        @SyncLocked("${nowhere}")
        void run() {}

        @Override
        public String get() {
            return "has name = '${nowhere}'";
        }
    }

    static class SkippedPrimitive implements Supplier<String> {

        @SyncLocked(name = "x", onBusy = OnBusy.SKIP)
        int run() {
            return 1;
        }

        @Override
        public String get() {
            return "int cannot be null";
        }
    }

    static class ReturnsMono implements Supplier<String> {

        @SyncLocked("x")
        Mono<String> run() {
            return Mono.empty();
        }

        @Override
        public String get() {
            return "returns Mono, and it cannot be told";
        }
    }

    static class ReturnsPublisher implements Supplier<String> {

        @SyncLocked("x")
        Flow.@Nullable Publisher<String> run() {
            return null;
        }

        @Override
        public String get() {
            return "returns Publisher, and it cannot be told";
        }
    }

    static class ReturnsFuture implements Supplier<String> {

        @SyncLocked("x")
        Future<String> run() {
            return CompletableFuture.completedFuture("");
        }

        @Override
        public String get() {
            return "returns Future, and it cannot be told";
        }
    }

    static class PrivateMethod implements Supplier<String> {

        @SyncLocked("x")
        private void run() {}

        @Override
        public String get() {
            run();
            return "cannot be intercepted";
        }
    }

    static class FinalMethod implements Supplier<String> {

        @SyncLocked("x")
        final CompletionStage<String> run() {
            return CompletableFuture.completedFuture("");
        }

        @Override
        public String get() {
            return "cannot be intercepted";
        }
    }
}
