package io.distsync.boot.autoconfigure.metrics;

import io.distsync.SyncMetrics;
import io.distsync.SyncService;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncProperties;
import io.distsync.lease.HoldMetrics;
import io.distsync.lock.SyncLocks;
import io.distsync.registry.SyncRegistry;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.time.TimeSource;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the meters of the {@link SyncService}. */
@AutoConfiguration(
        after = SyncAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({SyncService.class, SyncProperties.class, MeterRegistry.class})
public final class SyncMetricsAutoConfiguration {

    /** The service is looked up when a gauge is read: it is built with this bean. */
    @Bean
    @ConditionalOnMissingBean(SyncMetrics.class)
    MicrometerSyncMetrics syncMetrics(
            MeterRegistry registry,
            ObjectProvider<SyncService> service,
            ObjectProvider<SyncRegistry> registries,
            TimeSource time,
            SyncProperties properties) {
        int most = properties.metrics().maxTopics();
        return new MicrometerSyncMetrics(
                registry, new ServiceMeters(registry, registries, most), service::getObject, time, most);
    }

    @Bean
    @ConditionalOnMissingBean(HoldMetrics.class)
    MicrometerHoldMetrics syncLockMetrics(MeterRegistry registry, ObjectProvider<SyncLocks> locks) {
        return new MicrometerHoldMetrics(
                registry,
                MicrometerHoldMetrics.Recipe.LOCKS,
                () -> locks.stream().flatMap(each -> each.status().stream()).toList());
    }

    /** For who asks for it by name: metrics of an application are those of its locks. */
    @Bean(defaultCandidate = false)
    @ConditionalOnMissingBean(name = "syncSemaphoreMetrics")
    MicrometerHoldMetrics syncSemaphoreMetrics(MeterRegistry registry, ObjectProvider<SyncSemaphores> semaphores) {
        return new MicrometerHoldMetrics(
                registry,
                MicrometerHoldMetrics.Recipe.SEMAPHORES,
                () -> semaphores.stream()
                        .flatMap(each -> each.status().stream())
                        .toList());
    }

    @Bean
    LeaderMeters syncLeaderMeters(MeterRegistry registry) {
        return new LeaderMeters(registry);
    }

    @Bean
    RegistrationMeters syncRegistrationMeters(ObjectProvider<SyncRegistry> registries) {
        return new RegistrationMeters(registries);
    }

    /** Bound when every bean is there, and so not with the meters above, which the service is built with. */
    @Bean
    BackendMeters syncBackendMeters(SyncService service, TimeSource time) {
        return new BackendMeters(service, time);
    }
}
