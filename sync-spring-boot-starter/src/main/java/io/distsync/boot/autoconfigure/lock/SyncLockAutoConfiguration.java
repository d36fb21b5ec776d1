package io.distsync.boot.autoconfigure.lock;

import io.distsync.SyncService;
import io.distsync.boot.SyncLocked;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.method.AnnotatedMethodPostProcessor;
import io.distsync.lock.SyncLocks;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;

/** Auto-configuration of {@link SyncLocked} methods, and of locks for ShedLock and Spring Integration. */
@AutoConfiguration(after = SyncAutoConfiguration.class)
@ConditionalOnBean({SyncService.class, SyncLocks.class})
@Import({ShedLockConfiguration.class, SpringIntegrationConfiguration.class})
public final class SyncLockAutoConfiguration {

    @Bean
    ThreadGrants syncLockedGrants() {
        return new ThreadGrants();
    }

    @Bean
    MinimumHold syncMinimumHold(SyncService service) {
        return new MinimumHold(service);
    }

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static LockedMethods syncLockedMethods(ConfigurableBeanFactory beans) {
        return new LockedMethods(beans);
    }

    @Bean
    LockedInterceptor syncLockedInterceptor(
            LockedMethods methods, ThreadGrants grants, SyncLocks locks, MinimumHold minimumHold) {
        return new LockedInterceptor(methods, grants, locks, minimumHold);
    }

    /** It is there before other beans, so the interceptor is looked up with the first call. */
    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static AnnotatedMethodPostProcessor syncLockedPostProcessor(
            LockedMethods methods, ObjectProvider<LockedInterceptor> interceptor, Environment environment) {
        return new AnnotatedMethodPostProcessor(
                methods.methods(),
                call -> interceptor.getObject().invoke(call),
                AnnotatedMethodPostProcessor.LOCKS,
                environment);
    }
}
