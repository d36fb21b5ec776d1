package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ClassUtils;

/** Says what to do if, after the configurations of all modes, there is still no backend. */
@Configuration(proxyBeanMethods = false)
class UnavailableModeConfiguration {

    @Bean
    @ConditionalOnMissingBean({SyncBackend.class, SyncService.class})
    SyncBackend syncBackend(SyncProperties properties, ResourceLoader resources) {
        SyncMode mode = properties.mode();
        for (String clientClass : mode.clientClasses()) {
            if (!ClassUtils.isPresent(clientClass, resources.getClassLoader())) {
                throw new ClientLibraryMissingException(mode, clientClass);
            }
        }
        throw new IllegalStateException(
                "no backend for sync.mode=" + mode); // each mode makes one if its classes are there
    }
}
