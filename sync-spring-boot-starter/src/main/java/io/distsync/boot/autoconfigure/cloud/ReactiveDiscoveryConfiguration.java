package io.distsync.boot.autoconfigure.cloud;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Flux;

/** The registry for callers that do not block, if the application has Reactor. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(Flux.class)
@ConditionalOnBooleanProperty(name = "spring.cloud.discovery.reactive.enabled", matchIfMissing = true)
class ReactiveDiscoveryConfiguration {

    @Bean
    @ConditionalOnMissingBean
    SyncReactiveDiscoveryClient syncReactiveDiscoveryClient(CloudInstances instances) {
        return new SyncReactiveDiscoveryClient(instances);
    }
}
