package io.distsync.boot.autoconfigure;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** The client of the modes that keep the state in Redis; imported by each, and there if one of them is. */
@Configuration(proxyBeanMethods = false)
class RedisClientConfiguration {

    /** What an unset standalone configuration is: a factory for something else reports it, too. */
    private static final RedisStandaloneConfiguration UNSET = new RedisStandaloneConfiguration("localhost", 6379);

    /** A bean of its own, so that it outlives the backend. */
    @Bean
    DerivedRedisClient syncRedisClient(
            SyncProperties properties,
            ObjectProvider<LettuceConnectionFactory> factories,
            ObjectProvider<DataRedisConnectionDetails> details,
            ObjectProvider<RedisStaticMasterReplicaConfiguration> masterReplica,
            ListableBeanFactory beans) {
        LettuceConnectionFactory factory = factories.getIfUnique();
        if (factory == null) {
            throw noSingleFactory(properties.mode(), beans);
        }
        if (isUnset(factory) && (hasMasterReplica(details) || masterReplica.getIfAvailable() != null)) {
            throw UnsuitableRedisConnectionException.masterReplica(properties.mode());
        }
        return DerivedRedisClient.of(factory);
    }

    private static UnsuitableRedisConnectionException noSingleFactory(SyncMode mode, ListableBeanFactory beans) {
        List<String> lettuce = List.of(beans.getBeanNamesForType(LettuceConnectionFactory.class, true, false));
        if (!lettuce.isEmpty()) {
            return UnsuitableRedisConnectionException.ambiguous(mode, lettuce);
        }
        return UnsuitableRedisConnectionException.noLettuce(
                mode,
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
