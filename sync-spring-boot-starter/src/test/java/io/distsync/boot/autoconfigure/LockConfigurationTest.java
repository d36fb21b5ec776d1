package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.lock.LockGrant;
import io.distsync.lock.SyncLocks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class LockConfigurationTest {

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
                assertThat(others.tryLock("x", Duration.ZERO)).isPresent();
            }
        }
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

    @Configuration(proxyBeanMethods = false)
    static class OwnLocks {

        @Bean
        SyncLocks ownLocks(SyncService service) {
            return SyncLocks.builder(service).prefix("mine:").build();
        }
    }
}
