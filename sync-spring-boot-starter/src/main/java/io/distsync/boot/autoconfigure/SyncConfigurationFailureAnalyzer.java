package io.distsync.boot.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Prints what to change. Comes before the analyzers that see only the failed binding or bean around it. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SyncConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<SyncConfigurationException> {

    private final @Nullable Environment environment;

    SyncConfigurationFailureAnalyzer(@Nullable Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SyncConfigurationException cause) {
        String description = String.valueOf(cause.getMessage());
        if (cause instanceof InvalidSyncPropertyException invalid) {
            description += origin(invalid.property());
        }
        return new FailureAnalysis(description, cause.action(), cause);
    }

    private String origin(String property) {
        if (environment == null) {
            return "";
        }
        ConfigurationPropertyName name = ConfigurationPropertyName.of(property);
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty found = source.getConfigurationProperty(name);
            if (found != null) {
                return found.getOrigin() == null ? "" : " (" + found.getOrigin() + ")";
            }
        }
        return "";
    }
}
