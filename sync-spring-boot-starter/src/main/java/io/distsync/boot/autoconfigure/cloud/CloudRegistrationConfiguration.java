package io.distsync.boot.autoconfigure.cloud;

import io.distsync.boot.SyncOwnRegistration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.client.serviceregistry.AutoServiceRegistration;
import org.springframework.cloud.client.serviceregistry.ServiceRegistry;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The application's own registration, if there is one, for those who know Spring Cloud only. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBean(SyncOwnRegistration.class)
@ConditionalOnMissingBean({ServiceRegistry.class, AutoServiceRegistration.class})
class CloudRegistrationConfiguration {

    @Bean
    CloudRegistration syncCloudRegistration(SyncOwnRegistration own) {
        return new CloudRegistration(own);
    }

    @Bean
    SyncServiceRegistry syncServiceRegistry(SyncOwnRegistration own) {
        return new SyncServiceRegistry(own);
    }

    @Bean
    CloudAutoRegistration syncAutoServiceRegistration(
            CloudRegistration registration, ApplicationEventPublisher events) {
        return new CloudAutoRegistration(registration, events);
    }
}
