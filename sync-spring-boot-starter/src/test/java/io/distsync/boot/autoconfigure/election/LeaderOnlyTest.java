package io.distsync.boot.autoconfigure.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.boot.LeaderOnly;
import io.distsync.boot.LeadershipGranted;
import io.distsync.boot.LeadershipRevoked;
import io.distsync.boot.NotLeaderException;
import io.distsync.boot.OnBusy;
import io.distsync.boot.SyncLeadership;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.autoconfigure.InvalidSyncMethodException;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.lock.SyncLockAutoConfiguration;
import io.distsync.election.RevocationReason;
import io.distsync.lease.FencingToken;
import io.distsync.lock.SyncLocks;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.event.EventListener;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;
import reactor.core.publisher.Mono;

/** Applications on one store with the same methods. */
class LeaderOnlyTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SyncAutoConfiguration.class, SyncElectionAutoConfiguration.class, SyncLockAutoConfiguration.class))
            .withBean(SyncBackend.class, () -> store, definition -> definition.setDestroyMethodName(""));
    private final ApplicationContextRunner nodes = contexts.withUserConfiguration(Node.class);

    @AfterEach
    void close() {
        store.close();
    }

    private static void awaitLeader(ApplicationContext context) {
        SyncLeadership leadership = context.getBean(SyncLeadership.class);
        await().atMost(LONG).until(() -> leadership.term("importer").isPresent());
    }

    @Test
    void scheduledJobRunsOnTheLeaderAndGoesOnElsewhereWhenItStops() {
        nodes.withUserConfiguration(Scheduling.class).run(one -> {
            Importer first = one.getBean(Importer.class);
            await().atMost(LONG).until(() -> first.runs().size() >= 3);
            nodes.withUserConfiguration(Scheduling.class).run(two -> {
                Importer second = two.getBean(Importer.class);
                int before = first.runs().size();
                await().atMost(LONG).until(() -> first.runs().size() >= before + 10);
                assertThat(second.runs()).isEmpty();

                one.getSourceApplicationContext().close();

                await().atMost(LONG).until(() -> second.runs().size() >= 3);
                assertThat(second.runs().get(0))
                        .isGreaterThan(first.runs().get(first.runs().size() - 1));
            });
        });
    }

    @Test
    void callsElsewhereAreSkippedOrFail() {
        nodes.run(one -> {
            awaitLeader(one);
            nodes.run(two -> {
                Importer other = two.getBean(Importer.class);
                other.importNext();
                assertThat(other.skipped()).isEmpty();
                assertThat(other.later()).isCompletedWithValue(null);
                assertThatThrownBy(other::refused)
                        .isInstanceOf(NotLeaderException.class)
                        .hasMessageContaining("does not lead 'importer'")
                        .hasMessageContaining("Importer.refused() was not called");
                assertThat(other.refusedLater())
                        .failsWithin(LONG)
                        .withThrowableThat()
                        .withCauseInstanceOf(NotLeaderException.class);
                assertThat(other.runs()).isEmpty();

                Importer leader = one.getBean(Importer.class);
                assertThat(leader.skipped()).contains("done");
                assertThat(leader.later()).isCompletedWithValue("done");
                assertThat(leader.refused()).isEqualTo("done");
                assertThat(leader.refusedLater()).isCompletedWithValue("done");
            });
        });
    }

    @Test
    void methodKnowsTheTokenOfItsTerm() {
        nodes.run(context -> {
            awaitLeader(context);
            SyncLeadership leadership = context.getBean(SyncLeadership.class);
            Importer importer = context.getBean(Importer.class);

            importer.importNext();

            assertThat(importer.runs())
                    .containsExactly(leadership.term("importer").orElseThrow().token());
            assertThatThrownBy(leadership::current).isInstanceOf(IllegalStateException.class);
            assertThat(leadership.term("unheard-of")).isEmpty();
        });
    }

    @Test
    void applicationIsToldOfItsTerms() {
        List<Object> events = new CopyOnWriteArrayList<>();
        nodes.withBean(Told.class, () -> new Told(events)).run(context -> {
            await().atMost(LONG).until(() -> events.size() == 1);
            assertThat(events).singleElement().isInstanceOf(LeadershipGranted.class);
        });
        assertThat(events).hasSize(2);
        assertThat(events.get(1)).isInstanceOfSatisfying(LeadershipRevoked.class, revoked -> {
            assertThat(revoked.term()).isSameAs(((LeadershipGranted) events.get(0)).term());
            assertThat(revoked.election()).isEqualTo("importer");
            assertThat(revoked.reason()).isEqualTo(RevocationReason.CLOSED);
        });
    }

    @Test
    void contextThatIsStartedAgainStandsAgain() {
        nodes.run(context -> {
            awaitLeader(context);
            context.getSourceApplicationContext().stop();
            assertThat(context.getBean(SyncLeadership.class).term("importer")).isEmpty();
            context.getSourceApplicationContext().start();
            awaitLeader(context);
        });
    }

    @Test
    void beanThatIsMadeLaterStandsWithItsFirstCall() {
        contexts.withUserConfiguration(LazyNode.class).run(context -> {
            Importer importer = context.getBean(Importer.class);
            await().atMost(LONG).untilAsserted(() -> {
                importer.importNext();
                assertThat(importer.runs()).isNotEmpty();
            });
        });
    }

    @Test
    void beanBehindAnInterfaceStandsFromTheStart() {
        contexts.withBean("job", NightlyJob.class)
                .withPropertyValues("spring.aop.proxy-target-class=false")
                .run(context -> {
                    assertThat(AopUtils.isJdkDynamicProxy(context.getBean("job")))
                            .isTrue();
                    awaitLeader(context);
                });
    }

    @Test
    void termsEndTogether() {
        CyclicBarrier together = new CyclicBarrier(2);
        List<String> ended = new CopyOnWriteArrayList<>();
        contexts.withBean(TwoJobs.class)
                .withBean(Meeting.class, () -> new Meeting(together, ended))
                .run(context -> {
                    SyncLeadership leadership = context.getBean(SyncLeadership.class);
                    await().atMost(LONG)
                            .until(() -> leadership.term("one").isPresent()
                                    && leadership.term("two").isPresent());
                });
        assertThat(ended).containsExactlyInAnyOrder("one", "two");
    }

    @Test
    void nameMayHavePlaceholdersAndLeadershipComesBeforeTheLock() {
        contexts.withBean(Both.class).withPropertyValues("job=importer").run(one -> {
            awaitLeader(one);
            contexts.withBean(Both.class).withPropertyValues("job=importer").run(two -> {
                two.getBean(Both.class).run();
                assertThat(two.getBean(SyncLocks.class).status()).isEmpty();
                one.getBean(Both.class).run();
                assertThat(one.getBean(Both.class).calls()).isEqualTo(1);
                assertThat(two.getBean(Both.class).calls()).isZero();
            });
        });
    }

    @ParameterizedTest
    @ValueSource(classes = {BadName.class, Primitive.class, Reactive.class, Final.class})
    void whatCannotWorkEndsTheStart(Class<?> bean) {
        contexts.withBean(bean)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncMethodException.class)
                        .hasMessageContaining("The @LeaderOnly method")
                        .hasMessageContaining(bean.getSimpleName() + ".run()"));
    }

    @Test
    void annotationDoesNothingWithoutTheService() {
        nodes.withPropertyValues("sync.enabled=false")
                .withBean(NoLeadership.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBean(Importer.class).refused()).isEqualTo("done");
                });
    }

    static class NoLeadership implements SyncLeadership {

        @Override
        public Optional<io.distsync.election.LeaderTerm> term(String election) {
            return Optional.empty();
        }

        @Override
        public io.distsync.election.LeaderTerm current() {
            throw new IllegalStateException("not needed");
        }
    }

    record Told(List<Object> events) {

        @EventListener
        void granted(LeadershipGranted event) {
            events.add(event);
        }

        @EventListener
        void revoked(LeadershipRevoked event) {
            events.add(event);
        }
    }

    /** What an application does at the end of its terms. */
    record Meeting(CyclicBarrier together, List<String> ended) {

        @EventListener
        void revoked(LeadershipRevoked event) throws Exception {
            together.await(4, TimeUnit.SECONDS);
            ended.add(event.election());
        }
    }

    static class TwoJobs {

        @LeaderOnly("one")
        void one() {}

        @LeaderOnly("two")
        void two() {}
    }

    static class NightlyJob implements Runnable {

        @Override
        @LeaderOnly("importer")
        public void run() {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Node {

        @Bean
        Importer importer(SyncLeadership leadership) {
            return new Importer(leadership);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class LazyNode {

        @Bean
        @Lazy
        Importer importer(SyncLeadership leadership) {
            return new Importer(leadership);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableScheduling
    static class Scheduling {

        @Bean
        Job job(Importer importer) {
            return new Job(importer);
        }
    }

    record Job(Importer importer) {

        @Scheduled(fixedRate = 2)
        void run() {
            importer.importNext();
        }
    }

    static class Importer {

        private final List<FencingToken> runs = new CopyOnWriteArrayList<>();
        private final SyncLeadership leadership;

        Importer(SyncLeadership leadership) {
            this.leadership = leadership;
        }

        List<FencingToken> runs() { // not a field: this is called on the proxy
            return runs;
        }

        @LeaderOnly("importer")
        void importNext() {
            runs.add(leadership.current().token());
        }

        @LeaderOnly("importer")
        Optional<String> skipped() {
            return Optional.of("done");
        }

        @LeaderOnly("importer")
        CompletableFuture<String> later() {
            return CompletableFuture.completedFuture("done");
        }

        @LeaderOnly(name = "importer", otherwise = OnBusy.THROW)
        String refused() {
            return "done";
        }

        @LeaderOnly(name = "importer", otherwise = OnBusy.THROW)
        CompletableFuture<String> refusedLater() {
            return CompletableFuture.completedFuture("done");
        }
    }

    static class Both {

        private int calls;

        @LeaderOnly("${job}")
        @SyncLocked("x")
        void run() {
            calls++;
        }

        int calls() {
            return calls;
        }
    }

    static class BadName {

        @LeaderOnly("my importer")
        void run() {}
    }

    static class Primitive {

        @LeaderOnly("importer")
        int run() {
            return 1;
        }
    }

    static class Reactive {

        @LeaderOnly("importer")
        @Nullable
        Mono<String> run() {
            return null;
        }
    }

    static class Final {

        @LeaderOnly("importer")
        final void run() {}
    }
}
