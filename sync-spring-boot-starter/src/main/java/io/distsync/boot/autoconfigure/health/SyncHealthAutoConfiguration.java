package io.distsync.boot.autoconfigure.health;

import io.distsync.SyncService;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncProperties;
import io.distsync.time.TimeSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the health of the {@link SyncService}. */
@AutoConfiguration(after = SyncAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean({SyncService.class, SyncProperties.class})
@ConditionalOnEnabledHealthIndicator("sync")
public final class SyncHealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = {"syncHealthIndicator", "syncHealthContributor"})
    SyncHealthIndicator syncHealthContributor(SyncService service, TimeSource time, SyncProperties properties) {
        return new SyncHealthIndicator(service, time, properties.health().downAfter());
    }
}
