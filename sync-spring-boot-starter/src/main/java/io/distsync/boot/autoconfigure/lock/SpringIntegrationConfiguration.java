package io.distsync.boot.autoconfigure.lock;

import io.distsync.lock.SyncLocks;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.support.locks.LockRegistry;

/** Locks for Spring Integration, if the application has it. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(LockRegistry.class)
@ConditionalOnBooleanProperty(name = "sync.lock.integration.enabled", matchIfMissing = true)
class SpringIntegrationConfiguration {

    @Bean
    @ConditionalOnMissingBean(LockRegistry.class)
    SyncLockRegistry syncLockRegistry(SyncLocks locks) {
        return new SyncLockRegistry(locks);
    }
}
