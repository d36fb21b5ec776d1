package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncListenerRegistry;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of {@link SyncListener} methods. */
@AutoConfiguration(after = SyncAutoConfiguration.class)
@ConditionalOnBean({SyncService.class, TopicCatalog.class})
@ConditionalOnMissingBean(SyncListenerRegistry.class)
public final class SyncListenerAutoConfiguration {

    @Bean
    ListenerLifecycle syncListenerRegistry(SyncService service) {
        return new ListenerLifecycle(service);
    }

    @Bean
    ListenerScanner syncListenerScanner(
            ConfigurableListableBeanFactory beans, TopicCatalog topics, ListenerLifecycle lifecycle) {
        return new ListenerScanner(beans, topics, lifecycle);
    }
}
