package io.distsync.boot.autoconfigure.cloud;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.cloud.loadbalancer.annotation.LoadBalancerClients;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import org.springframework.context.annotation.Configuration;

/** Gives the clients of Spring Cloud LoadBalancer their instances, if the application has it. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(ServiceInstanceListSupplier.class)
@ConditionalOnBooleanProperty(name = "sync.registry.loadbalancer.enabled", matchIfMissing = true)
@LoadBalancerClients(defaultConfiguration = SupplierConfiguration.class)
class LoadBalancerConfiguration {}
