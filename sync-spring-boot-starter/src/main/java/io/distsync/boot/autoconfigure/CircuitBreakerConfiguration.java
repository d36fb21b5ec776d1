package io.distsync.boot.autoconfigure;

import io.distsync.time.TimeSource;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The circuit breaker, if Resilience4j is there. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(CircuitBreaker.class)
@ConditionalOnBooleanProperty(name = "sync.circuit-breaker.enabled", matchIfMissing = true)
class CircuitBreakerConfiguration {

    /** Closed after the service, which is built with it. */
    @Bean
    CircuitBreakerGuard syncCircuitBreakerGuard(
            SyncProperties properties, TimeSource time, ObjectProvider<CircuitBreakerRegistry> registry) {
        return new CircuitBreakerGuard(properties, registry.getIfAvailable(), time);
    }
}
