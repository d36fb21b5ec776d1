package io.distsync.boot.autoconfigure.cloud;

import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncProperties;
import io.distsync.boot.autoconfigure.registry.HostAddress;
import io.distsync.boot.autoconfigure.registry.SyncRegistrationAutoConfiguration;
import io.distsync.registry.SyncRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.client.ConditionalOnDiscoveryEnabled;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.commons.util.InetUtils;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** Auto-configuration of the registry behind the interfaces of Spring Cloud Commons. */
@AutoConfiguration(
        after = {SyncAutoConfiguration.class, SyncRegistrationAutoConfiguration.class},
        afterName = "org.springframework.cloud.commons.util.UtilAutoConfiguration",
        beforeName = {
            "org.springframework.cloud.client.CommonsClientAutoConfiguration",
            "org.springframework.cloud.client.ReactiveCommonsClientAutoConfiguration",
            "org.springframework.cloud.client.discovery.composite.CompositeDiscoveryClientAutoConfiguration",
            "org.springframework.cloud.client.discovery.composite.reactive.ReactiveCompositeDiscoveryClientAutoConfiguration",
            "org.springframework.cloud.client.discovery.simple.SimpleDiscoveryClientAutoConfiguration",
            "org.springframework.cloud.client.discovery.simple.reactive.SimpleReactiveDiscoveryClientAutoConfiguration",
            "org.springframework.cloud.client.serviceregistry.ServiceRegistryAutoConfiguration",
            "org.springframework.cloud.client.serviceregistry.AutoServiceRegistrationAutoConfiguration",
            "org.springframework.cloud.loadbalancer.config.LoadBalancerAutoConfiguration"
        })
@ConditionalOnClass(DiscoveryClient.class)
@ConditionalOnBean({SyncRegistry.class, SyncProperties.class})
@ConditionalOnDiscoveryEnabled
@ConditionalOnBooleanProperty(name = "sync.registry.discovery.enabled", matchIfMissing = true)
@Import({ReactiveDiscoveryConfiguration.class, CloudRegistrationConfiguration.class, LoadBalancerConfiguration.class})
public final class SyncDiscoveryAutoConfiguration {

    @Bean
    CloudInstances syncCloudInstances(SyncRegistry registry, SyncProperties properties) {
        return new CloudInstances(registry, properties.timeout());
    }

    @Bean
    @ConditionalOnMissingBean
    SyncDiscoveryClient syncDiscoveryClient(CloudInstances instances) {
        return new SyncDiscoveryClient(instances);
    }

    /** Heeds {@code spring.cloud.inetutils}. */
    @Bean
    @ConditionalOnBean(InetUtils.class)
    @ConditionalOnMissingBean
    HostAddress syncHostAddress(InetUtils utils) {
        return () -> utils.findFirstNonLoopbackHostInfo().getIpAddress();
    }
}
