package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.lease.HoldMetrics;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.time.TimeSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Locks on the application's service. There is no thread of theirs until one is asked for. */
@Configuration(proxyBeanMethods = false)
class LockConfiguration {

    /** Closed before the service, so what is held is given back while the store can still be told. */
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
                .owner(environment.getProperty("spring.application.name", "application") + ":"
                        + ProcessHandle.current().pid())
                .time(time)
                .metrics(metrics.getIfAvailable(() -> HoldMetrics.NONE))
                .build();
    }
}
