package io.distsync.boot.autoconfigure.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.boot.OnBusy;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.SyncLockedGrants;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.lease.FencingToken;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.scheduling.annotation.Scheduled;

/** Two applications on one store that have the same scheduled jobs. */
class ScheduledOnOneNodeTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final Runs runs = new Runs();
    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final ApplicationContextRunner contexts = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncLockAutoConfiguration.class))
            .withUserConfiguration(Scheduling.class)
            .withBean(SyncBackend.class, () -> store, definition -> definition.setDestroyMethodName(""))
            .withBean(Runs.class, () -> runs);

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void jobsOfTwoNodesNeverRunAtOnceAndBothNodesHaveTheirTurn() {
        contexts.run(one -> contexts.run(two -> {
            assertThat(one.getBean(SyncService.class)).isNotSameAs(two.getBean(SyncService.class));
            await().atMost(LONG).until(() -> runs.tokens.size() >= 20);
            assertThat(runs.most).hasValue(1);
            assertThat(runs.tokens).doesNotHaveDuplicates().isSorted();
        }));
    }

    @Test
    void jobWithAMinimalTimeRunsOnceForBothNodes() {
        contexts.run(one -> contexts.run(two -> {
            // each of the nodes has called its job many times by then
            await().atMost(LONG).until(() -> runs.tokens.size() >= 20);
            assertThat(runs.rare).hasValue(1);
        }));
        // and a node that starts when the others have ended does not run it either
        int before = runs.tokens.size();
        contexts.run(three -> {
            await().atMost(LONG).until(() -> runs.tokens.size() >= before + 10);
            assertThat(runs.rare).hasValue(1);
        });
    }

    static class Runs {

        final List<FencingToken> tokens = new CopyOnWriteArrayList<>();
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicInteger rare = new AtomicInteger();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableScheduling
    static class Scheduling {

        @Bean
        Jobs jobs(Runs runs, SyncLockedGrants grants) {
            return new Jobs(runs, grants);
        }
    }

    static class Jobs {

        private final Runs runs;
        private final SyncLockedGrants grants;

        Jobs(Runs runs, SyncLockedGrants grants) {
            this.runs = runs;
            this.grants = grants;
        }

        @Scheduled(fixedRate = 2)
        @SyncLocked(name = "often", onBusy = OnBusy.SKIP)
        void often() {
            runs.most.accumulateAndGet(runs.running.incrementAndGet(), Math::max);
            runs.tokens.add(grants.current().token());
            runs.running.decrementAndGet();
        }

        @Scheduled(fixedRate = 2)
        @SyncLocked(name = "rare", onBusy = OnBusy.SKIP, atLeastFor = "1h")
        void rare() {
            runs.rare.incrementAndGet();
        }
    }
}
