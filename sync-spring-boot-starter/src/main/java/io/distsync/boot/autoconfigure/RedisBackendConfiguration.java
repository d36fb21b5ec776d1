package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.time.TimeSource;
import io.lettuce.core.RedisClient;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** The mode {@code redis}: on the server the application's own connection factory leads to. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sync.mode", havingValue = "redis")
@ConditionalOnClass({RedisClient.class, LettuceConnectionFactory.class, DataRedisConnectionDetails.class})
@ConditionalOnMissingBean({SyncBackend.class, SyncService.class})
class RedisBackendConfiguration {

    /** What an unset standalone configuration is: a factory for something else reports it, too. */
    private static final RedisStandaloneConfiguration UNSET = new RedisStandaloneConfiguration("localhost", 6379);

    /** A bean of its own, so that it outlives the backend. */
    @Bean
    DerivedRedisClient syncRedisClient(
            ObjectProvider<LettuceConnectionFactory> factories,
            ObjectProvider<DataRedisConnectionDetails> details,
            ObjectProvider<RedisStaticMasterReplicaConfiguration> masterReplica,
            ListableBeanFactory beans) {
        LettuceConnectionFactory factory = factories.getIfUnique();
        if (factory == null) {
            throw noSingleFactory(beans);
        }
        if (isUnset(factory) && (hasMasterReplica(details) || masterReplica.getIfAvailable() != null)) {
            throw UnsuitableRedisConnectionException.masterReplica();
        }
        return DerivedRedisClient.of(factory);
    }

    /** Connects in the background: a Redis that is down does not keep the application from starting. */
    @Bean
    RedisSyncBackend syncBackend(DerivedRedisClient client, SyncProperties properties, TimeSource time) {
        RedisSyncBackend.Builder backend = client.backend();
        if (properties.redis().replicas() > 0) {
            backend.waitForReplicas(
                    properties.redis().replicas(), properties.redis().replicaTimeout());
        }
        return backend.prefix(properties.prefix())
                .heartbeat(properties.heartbeat())
                .sweep(properties.lease().sweep())
                .maxPayloadBytes(Math.toIntExact(properties.maxPayloadSize().toBytes()))
                .time(time)
                .build();
    }

    private static UnsuitableRedisConnectionException noSingleFactory(ListableBeanFactory beans) {
        List<String> lettuce = List.of(beans.getBeanNamesForType(LettuceConnectionFactory.class, true, false));
        if (!lettuce.isEmpty()) {
            return UnsuitableRedisConnectionException.ambiguous(lettuce);
        }
        return UnsuitableRedisConnectionException.noLettuce(
                Stream.of(beans.getBeanNamesForType(RedisConnectionFactory.class, true, false))
                        .map(name -> "'" + name + "' (" + simpleName(beans.getType(name)) + ")")
                        .toList());
    }

    private static String simpleName(@Nullable Class<?> type) {
        return type == null ? "of an unknown type" : type.getSimpleName();
    }

    private static boolean isUnset(LettuceConnectionFactory factory) {
        return !factory.isRedisSentinelAware()
                && !factory.isClusterAware()
                && factory.getSocketConfiguration() == null
                && factory.getStandaloneConfiguration().equals(UNSET);
    }

    private static boolean hasMasterReplica(ObjectProvider<DataRedisConnectionDetails> details) {
        DataRedisConnectionDetails known = details.getIfUnique();
        return known != null && known.getMasterReplica() != null;
    }
}
