package io.distsync.boot.autoconfigure.observation;

import io.distsync.SyncTracing;
import io.distsync.boot.autoconfigure.SyncAutoConfiguration;
import io.distsync.boot.autoconfigure.SyncProperties;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/** Auto-configuration of observations: where there is a tracer, or where they are asked for. */
@AutoConfiguration(
        after = SyncAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
            "org.springframework.boot.micrometer.tracing.brave.autoconfigure.BraveAutoConfiguration",
            "org.springframework.boot.micrometer.tracing.opentelemetry.autoconfigure.OpenTelemetryTracingAutoConfiguration"
        })
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean({SyncProperties.class, ObservationRegistry.class})
@Conditional(SyncObservationAutoConfiguration.AskedForOrTraced.class)
public final class SyncObservationAutoConfiguration {

    private static final String ENABLED = "sync.observation.enabled";

    @Bean
    @ConditionalOnMissingBean(SyncTracing.class)
    ObservationSyncTracing syncTracing(ObservationRegistry registry) {
        return new ObservationSyncTracing(registry);
    }

    /** Without a tracer the meters tell all there is to know, at lower costs. */
    static final class AskedForOrTraced extends AnyNestedCondition {

        AskedForOrTraced() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        @ConditionalOnBooleanProperty(ENABLED)
        static final class AskedFor {}

        @ConditionalOnBooleanProperty(name = ENABLED, matchIfMissing = true)
        @ConditionalOnBean(type = "io.micrometer.tracing.Tracer")
        static final class Traced {}
    }
}
