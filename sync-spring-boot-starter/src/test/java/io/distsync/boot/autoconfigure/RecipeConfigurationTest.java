package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.counter.SyncCounters;
import io.distsync.election.ElectionView;
import io.distsync.election.Leader;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import io.distsync.lock.LockGrant;
import io.distsync.lock.SyncLocks;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import io.distsync.semaphore.Permit;
import io.distsync.semaphore.SyncSemaphore;
import io.distsync.semaphore.SyncSemaphores;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class RecipeConfigurationTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncListenerAutoConfiguration.class));

    @Test
    void locksAreThereAndHaveTheConfiguredLease() {
        runner.withPropertyValues("sync.lock.lease=10m").run(context -> {
            try (LockGrant grant = context.getBean(SyncLocks.class)
                    .tryLock("x", Duration.ofSeconds(5))
                    .orElseThrow()) {
                assertThat(grant.remaining()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
            }
        });
    }

    @Test
    void whatIsHeldIsGivenBackWhenTheContextCloses() {
        AtomicReference<LockGrant> held = new AtomicReference<>();
        try (SyncService store = SyncService.local()) {
            runner.withBean("outer", SyncService.class, () -> store, definition -> definition.setDestroyMethodName(""))
                    .run(context -> held.set(context.getBean(SyncLocks.class)
                            .tryLock("x", Duration.ofSeconds(5))
                            .orElseThrow()));

            assertThat(held.get()).returns(false, LockGrant::isValid);
            try (SyncLocks others = SyncLocks.using(store)) {
                assertThat(others.tryLock("x", Duration.ofSeconds(5))).isPresent();
            }
        }
    }

    @Test
    void eachRecipeIsThereAndWorks() {
        runner.withPropertyValues("spring.application.name=orders").run(context -> {
            SyncSemaphore exports = context.getBean(SyncSemaphores.class).semaphore("exports", 2);
            assertThat(exports.tryAcquire(Duration.ofSeconds(5))).isPresent();
            assertThat(exports.availablePermits()).isEqualTo(1);
            assertThat(context.getBean(SyncCounters.class).counter("orders").increment())
                    .isEqualTo(1);
            CompletableFuture<LeaderTerm> elected = new CompletableFuture<>();
            context.getBean(SyncElections.class).join("importer", new Listening(elected));
            assertThat(elected).succeedsWithin(Duration.ofSeconds(10));
            SyncRegistry registry = context.getBean(SyncRegistry.class);
            registry.register(ServiceInstance.of("orders", "localhost", 8080));
            assertThat(registry.fetch("orders").all()).hasSize(1);
        });
    }

    @Test
    void eachRecipeHasTheConfiguredLease() {
        runner.withPropertyValues("sync.semaphore.lease=10m", "sync.election.lease=10m")
                .run(context -> {
                    Permit permit = context.getBean(SyncSemaphores.class)
                            .semaphore("exports", 2)
                            .tryAcquire(Duration.ofSeconds(5))
                            .orElseThrow();
                    assertThat(permit.remaining()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
                    CompletableFuture<LeaderTerm> elected = new CompletableFuture<>();
                    context.getBean(SyncElections.class).join("importer", new Listening(elected));
                    assertThat(elected).succeedsWithin(Duration.ofSeconds(10));
                    assertThat(elected.join().remaining()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
                });
    }

    @Test
    void othersSeeOnWhatHostALeaderIs() {
        runner.withPropertyValues("spring.application.name=orders", "HOSTNAME=orders-7f9c")
                .run(context -> {
                    SyncElections elections = context.getBean(SyncElections.class);
                    ElectionView view = elections.observe("importer");
                    elections.join("importer", new Listening(new CompletableFuture<>()));
                    await().atMost(Duration.ofSeconds(20))
                            .untilAsserted(() -> assertThat(view.leader().map(Leader::owner))
                                    .contains("orders@orders-7f9c:"
                                            + ProcessHandle.current().pid()));
                });
    }

    @Test
    void ownLocksReplaceThem() {
        runner.withUserConfiguration(OwnLocks.class)
                .run(context ->
                        assertThat(context).hasSingleBean(SyncLocks.class).hasBean("ownLocks"));
    }

    @Test
    void noneWithoutTheService() {
        runner.withPropertyValues("sync.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(SyncLocks.class));
    }

    private record Listening(CompletableFuture<LeaderTerm> elected) implements LeadershipListener {

        @Override
        public void elected(LeaderTerm term) {
            elected.complete(term);
        }

        @Override
        public void revoked(LeaderTerm term, RevocationReason reason) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnLocks {

        @Bean
        SyncLocks ownLocks(SyncService service) {
            return SyncLocks.builder(service).prefix("mine:").build();
        }
    }
}
