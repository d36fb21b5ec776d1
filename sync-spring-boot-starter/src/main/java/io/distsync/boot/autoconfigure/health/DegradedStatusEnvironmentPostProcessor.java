package io.distsync.boot.autoconfigure.health;

import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Gives the status {@code DEGRADED} its place in the order of health statuses, unless the application orders them itself.
 * Without a place Spring Boot leaves a status out when it adds several up, and a stale view would show as UP. Its HTTP
 * status needs no default: what is not mapped is 200.
 */
final class DegradedStatusEnvironmentPostProcessor implements EnvironmentPostProcessor {

    private static final String PROPERTY_SOURCE = "distsyncDefaults";
    private static final String ORDER = "management.endpoint.health.status.order";

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        // Asked now, because Spring Boot moves the application's default properties below everything later.
        if (!Binder.get(environment).bind(ORDER, Bindable.listOf(String.class)).isBound()) {
            environment
                    .getPropertySources()
                    .addLast(new MapPropertySource(
                            PROPERTY_SOURCE, Map.of(ORDER, "DOWN,OUT_OF_SERVICE,DEGRADED,UP,UNKNOWN")));
        }
    }
}
