package io.distsync.boot.autoconfigure.endpoint;

import io.distsync.SyncService;
import io.distsync.boot.SyncListenerRegistry;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncListenerAutoConfiguration;
import io.distsync.election.SyncElections;
import io.distsync.lock.SyncLocks;
import io.distsync.registry.SyncRegistry;
import io.distsync.registry.balance.Balancer;
import io.distsync.semaphore.SyncSemaphores;
import io.distsync.time.TimeSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the Actuator endpoint {@code sync}. */
@AutoConfiguration(after = {SyncAutoConfiguration.class, SyncListenerAutoConfiguration.class})
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBean(SyncService.class)
@ConditionalOnAvailableEndpoint(SyncEndpoint.class)
@EnableConfigurationProperties(SyncEndpointProperties.class)
public final class SyncEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    SyncEndpoint syncEndpoint(
            SyncService service,
            ObjectProvider<SyncListenerRegistry> listeners,
            ObjectProvider<SyncLocks> locks,
            ObjectProvider<SyncSemaphores> semaphores,
            ObjectProvider<SyncElections> elections,
            ObjectProvider<SyncRegistry> registry,
            ObjectProvider<Balancer> balancers,
            SyncEndpointProperties properties,
            ObjectProvider<TimeSource> time) {
        return new SyncEndpoint(
                service,
                listeners::getIfAvailable,
                new Recipes(
                        locks::getIfUnique,
                        semaphores::getIfUnique,
                        elections::getIfUnique,
                        registry::getIfUnique,
                        balancers::stream),
                properties.showValues(),
                time.getIfUnique(TimeSource::system));
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(SyncEndpoint.class)
    @ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
    SyncEndpointWebExtension syncEndpointWebExtension(SyncEndpoint endpoint, SyncEndpointProperties properties) {
        return new SyncEndpointWebExtension(endpoint, properties.showValues(), properties.roles());
    }
}
