package io.distsync.boot.autoconfigure;

import io.distsync.DistributedSync;
import io.distsync.SyncMetrics;
import io.distsync.SyncService;
import io.distsync.SyncTracing;
import io.distsync.Topic;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.codec.Codec;
import io.distsync.time.TimeSource;
import org.springframework.beans.factory.InjectionPoint;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Scope;

/**
 * Auto-configuration of the {@link SyncService}, of the backend it stands on, of the recipes, and of {@link DistributedSync} for
 * every injection point that asks for one.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
            "org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "sync.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SyncProperties.class)
@Import({
    JacksonCodecConfiguration.class,
    LocalBackendConfiguration.class,
    RedisBackendConfiguration.class,
    KafkaBackendConfiguration.class,
    UnavailableModeConfiguration.class,
    RecipeConfiguration.class,
    CircuitBreakerConfiguration.class
})
public final class SyncAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    TimeSource syncTimeSource() {
        return TimeSource.system();
    }

    /** Closed after everything that uses it; then waits for operations under way, up to {@code sync.shutdown-grace}. */
    @Bean
    @ConditionalOnMissingBean
    SyncService syncService(
            SyncProperties properties,
            SyncBackend backend,
            ObjectProvider<BackendGuard> guard,
            TimeSource time,
            ObjectProvider<Codec> codec,
            ObjectProvider<SyncMetrics> metrics,
            ObjectProvider<SyncTracing> tracing,
            ObjectProvider<SyncServiceCustomizer> customizers) {
        SyncService.Builder builder = SyncService.builder(
                        guard.getIfAvailable(() -> BackendGuard.NONE).guard(backend))
                .time(time)
                .timeout(properties.timeout())
                .shutdownGrace(properties.shutdownGrace())
                .maxConflicts(properties.maxConflicts())
                .listenerBuffer(properties.listener().buffer())
                .defaultRetention(TopicOptions.Retention.changes(properties.retention()));
        codec.ifAvailable(builder::codec);
        metrics.ifAvailable(builder::metrics);
        tracing.ifAvailable(builder::tracing);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }

    @Bean
    TopicCatalog syncTopicCatalog(ObjectProvider<Topic<?>> topics) {
        return new TopicCatalog(topics);
    }

    @Bean
    InjectedHandles syncInjectedHandles(SyncService service, TopicCatalog topics) {
        return new InjectedHandles(service, topics);
    }

    /**
     * The handle for whoever asks: the state type is read from the injection point. The wildcard makes this bean a match
     * only where no bean of the very type exists, and {@code @Fallback} lets one of a raw type go first. The container
     * closes the handle; who needs one to close asks the service for it.
     */
    @Bean
    @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
    @Fallback
    DistributedSync<?> syncInjectedHandle(InjectionPoint point, InjectedHandles handles) {
        return handles.handleFor(point);
    }
}
