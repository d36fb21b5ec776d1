package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.counter.SyncCounters;
import io.distsync.election.CandidateOptions;
import io.distsync.election.SyncElections;
import io.distsync.lease.HoldMetrics;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.registry.RegistrationOptions;
import io.distsync.registry.SyncRegistry;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.time.TimeSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * The recipes on the application's service. There is no thread of one until it is used. Each is closed before the service, so
 * what is held is given back while the store can still be told.
 */
@Configuration(proxyBeanMethods = false)
class RecipeConfiguration {

    @Bean
    @ConditionalOnMissingBean
    SyncLocks syncLocks(
            SyncService service,
            SyncProperties properties,
            TimeSource time,
            Environment environment,
            ObjectProvider<HoldMetrics> metrics) {
        return SyncLocks.builder(service)
                .defaults(LockOptions.defaults().withLease(properties.lock().lease()))
                .owner(owner(environment))
                .time(time)
                .metrics(metrics.getIfAvailable(() -> HoldMetrics.NONE))
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    SyncSemaphores syncSemaphores(
            SyncService service,
            SyncProperties properties,
            TimeSource time,
            Environment environment,
            @Qualifier("syncSemaphoreMetrics") ObjectProvider<HoldMetrics> metrics) {
        return SyncSemaphores.builder(service)
                .lease(properties.semaphore().lease())
                .owner(owner(environment))
                .time(time)
                .metrics(metrics.getIfAvailable(() -> HoldMetrics.NONE))
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    SyncCounters syncCounters(SyncService service, SyncProperties properties, TimeSource time) {
        return SyncCounters.builder(service)
                .lease(properties.counter().lease())
                .time(time)
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    SyncElections syncElections(
            SyncService service, SyncProperties properties, TimeSource time, Environment environment) {
        return SyncElections.builder(service)
                .defaults(CandidateOptions.defaults()
                        .withLease(properties.election().lease()))
                .owner(owner(environment))
                .time(time)
                .build();
    }

    @Bean
    @ConditionalOnMissingBean
    SyncRegistry syncRegistry(SyncService service, SyncProperties properties, TimeSource time) {
        return SyncRegistry.builder(service)
                .defaults(RegistrationOptions.defaults()
                        .withLease(properties.registry().lease()))
                .time(time)
                .build();
    }

    /** What others see of this process. In containers it is the host that tells one from another: all have the same number. */
    private static String owner(Environment environment) {
        String host = environment.getProperty("HOSTNAME", environment.getProperty("COMPUTERNAME", ""));
        return environment.getProperty("spring.application.name", "application")
                + (host.isEmpty() ? "" : "@" + host)
                + ":" + ProcessHandle.current().pid();
    }
}
