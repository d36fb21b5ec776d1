package io.distsync.boot.autoconfigure.election;

import io.distsync.boot.LeaderOnly;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.method.AnnotatedMethodPostProcessor;
import io.distsync.boot.autoconfigure.method.AnnotatedMethods;
import io.distsync.election.SyncElections;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Role;
import org.springframework.core.env.Environment;

/** Auto-configuration of {@link LeaderOnly} methods. */
@AutoConfiguration(after = SyncAutoConfiguration.class)
@ConditionalOnBean(SyncElections.class)
public final class SyncElectionAutoConfiguration {

    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static AnnotatedMethods<LeaderOnly, LeaderMethod> syncLeaderMethods(ConfigurableBeanFactory beans) {
        return new AnnotatedMethods<>(
                LeaderOnly.class,
                (described, method, annotation) -> LeaderMethod.of(
                        described, method, annotation, text -> String.valueOf(beans.resolveEmbeddedValue(text))));
    }

    @Bean
    Leaderships syncLeaderships(
            AnnotatedMethods<LeaderOnly, LeaderMethod> methods,
            SyncElections elections,
            ApplicationEventPublisher events) {
        return new Leaderships(methods, elections, events);
    }

    @Bean
    LeaderInterceptor syncLeaderInterceptor(
            AnnotatedMethods<LeaderOnly, LeaderMethod> methods, Leaderships leaderships) {
        return new LeaderInterceptor(methods, leaderships);
    }

    /** It is there before other beans, so the interceptor is looked up with the first call. Outside of locks. */
    @Bean
    @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
    static AnnotatedMethodPostProcessor syncLeaderPostProcessor(
            AnnotatedMethods<LeaderOnly, LeaderMethod> methods,
            ObjectProvider<LeaderInterceptor> interceptor,
            Environment environment) {
        return new AnnotatedMethodPostProcessor(
                methods,
                call -> interceptor.getObject().invoke(call),
                AnnotatedMethodPostProcessor.LOCKS + 1,
                environment);
    }
}
