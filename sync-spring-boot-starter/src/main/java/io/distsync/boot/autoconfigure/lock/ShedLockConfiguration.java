package io.distsync.boot.autoconfigure.lock;

import io.distsync.boot.autoconfigure.SyncProperties;
import io.distsync.lock.SyncLocks;
import net.javacrumbs.shedlock.core.LockProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Locks for ShedLock, if the application has it. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(LockProvider.class)
@ConditionalOnBean(SyncProperties.class)
@ConditionalOnBooleanProperty(name = "sync.lock.shedlock.enabled", matchIfMissing = true)
class ShedLockConfiguration {

    @Bean
    @ConditionalOnMissingBean(LockProvider.class)
    SyncLockProvider syncLockProvider(SyncLocks locks, MinimumHold minimumHold, SyncProperties properties) {
        return new SyncLockProvider(locks, minimumHold, properties.lock().lease());
    }
}
