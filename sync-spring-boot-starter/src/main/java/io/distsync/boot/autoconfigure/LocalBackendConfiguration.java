package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.time.TimeSource;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The mode {@code local}. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sync.mode", havingValue = "local", matchIfMissing = true)
class LocalBackendConfiguration {

    @Bean
    @ConditionalOnMissingBean({SyncBackend.class, SyncService.class})
    LocalSyncBackend syncBackend(SyncProperties properties, TimeSource time) {
        properties.requireMode(SyncMode.LOCAL);
        return LocalSyncBackend.builder()
                .time(time)
                .sweep(properties.lease().sweep())
                .maxPayloadBytes(Math.toIntExact(properties.maxPayloadSize().toBytes()))
                .build();
    }
}
