package io.distsync.boot.autoconfigure.registry;

import io.distsync.boot.SyncOwnRegistration;
import io.distsync.boot.autoconfigure.InvalidSyncPropertyException;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncProperties;
import io.distsync.registry.HealthCheck;
import io.distsync.registry.HealthCheckOptions;
import io.distsync.registry.Registration;
import io.distsync.registry.RegistrationOptions;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import java.util.Objects;
import java.util.UUID;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Auto-configuration of the application's own registration. The property of Spring Cloud switches it off, too. */
@AutoConfiguration(after = SyncAutoConfiguration.class)
@ConditionalOnBean({SyncRegistry.class, SyncProperties.class})
@ConditionalOnBooleanProperty("sync.registry.register")
@ConditionalOnBooleanProperty(name = "spring.cloud.service-registry.auto-registration.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SyncRegistrationProperties.class)
public final class SyncRegistrationAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(SyncOwnRegistration.class)
    OwnRegistration syncOwnRegistration(
            SyncRegistry registry,
            SyncRegistrationProperties properties,
            SyncProperties recipes,
            Environment environment,
            ObjectProvider<HostAddress> address) {
        String service = service(properties, environment);
        return new OwnRegistration(registry, it -> {
            ServiceInstance instance = instance(
                    service, properties, environment, address.getIfAvailable(() -> HostAddress::ofThisMachine));
            return register(it, instance, properties.healthCheck(), recipes);
        });
    }

    private static String service(SyncRegistrationProperties properties, Environment environment) {
        if (properties.service() != null) {
            return properties.service();
        }
        String name = environment.getProperty("spring.application.name", "");
        if (name.isEmpty()) {
            throw new InvalidSyncPropertyException(
                    "sync.registry.service", "", "must be set if spring.application.name is not");
        }
        SyncRegistrationProperties.requireService("spring.application.name", name);
        return name;
    }

    private static ServiceInstance instance(
            String service, SyncRegistrationProperties properties, Environment environment, HostAddress address) {
        String host = properties.host() == null ? address.find() : properties.host();
        int port = properties.port() == null
                ? Objects.requireNonNull(environment.getProperty("local.server.port", Integer.class, 0))
                : properties.port();
        return ServiceInstance.of(service, host, port)
                .withId(id(properties, host, port))
                .withSecure(properties.secure())
                .withWeight(properties.weight())
                .withPool(properties.pool())
                .withZone(properties.zone())
                .withMetadata(properties.metadata());
    }

    private static String id(SyncRegistrationProperties properties, String host, int port) {
        if (properties.id() != null) {
            return properties.id();
        }
        return port == 0 ? UUID.randomUUID().toString() : host + ":" + port;
    }

    private static Registration register(
            SyncRegistry registry,
            ServiceInstance instance,
            SyncRegistrationProperties.Check check,
            SyncProperties recipes) {
        if (check.path() == null) {
            return registry.register(instance);
        }
        return registry.register(
                instance,
                RegistrationOptions.defaults()
                        .withLease(recipes.registry().lease())
                        .withHealthCheck(
                                HealthCheck.http(check.path()),
                                HealthCheckOptions.defaults().withInterval(check.interval())));
    }
}
