package io.distsync.boot.autoconfigure.cloud;

import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/**
 * For the context that Spring Cloud LoadBalancer has for each service: a supplier for those of its configurations that need
 * nothing but instances. Public, because code that is made ahead of time names it in a package of Spring Cloud; no
 * {@code @Configuration}, because it is none of the application itself.
 */
public final class SupplierConfiguration {

    private static final String CONFIGURATIONS = "spring.cloud.loadbalancer.configurations";

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty(name = CONFIGURATIONS, havingValue = "default", matchIfMissing = true)
    ServiceInstanceListSupplier syncInstanceListSupplier(
            CloudInstances instances, ConfigurableApplicationContext context) {
        return supplier(instances, context);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty(name = CONFIGURATIONS, havingValue = "zone-preference")
    ServiceInstanceListSupplier syncZonePreferenceInstanceListSupplier(
            CloudInstances instances, ConfigurableApplicationContext context) {
        return ServiceInstanceListSupplier.builder()
                .withBase(supplier(instances, context))
                .withZonePreference()
                .build(context);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty(name = CONFIGURATIONS, havingValue = "weighted")
    ServiceInstanceListSupplier syncWeightedInstanceListSupplier(
            CloudInstances instances, ConfigurableApplicationContext context) {
        return ServiceInstanceListSupplier.builder()
                .withBase(supplier(instances, context))
                .withWeighted()
                .build(context);
    }

    private static ServiceInstanceListSupplier supplier(
            CloudInstances instances, ConfigurableApplicationContext context) {
        ServiceInstanceListSupplier others = ServiceInstanceListSupplier.builder()
                .withBlockingDiscoveryClient()
                .build(context);
        return new SyncInstanceListSupplier(instances, others);
    }
}
