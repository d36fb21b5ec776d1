package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.time.TimeSource;
import io.lettuce.core.RedisClient;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** The mode {@code redis}: on the server the application's own connection factory leads to. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sync.mode", havingValue = "redis")
@ConditionalOnClass({RedisClient.class, LettuceConnectionFactory.class, DataRedisConnectionDetails.class})
@ConditionalOnMissingBean({SyncBackend.class, SyncService.class})
@Import(RedisClientConfiguration.class)
class RedisBackendConfiguration {

    /** Connects in the background: a Redis that is down does not keep the application from starting. */
    @Bean
    RedisSyncBackend syncBackend(DerivedRedisClient client, SyncProperties properties, TimeSource time) {
        properties.requireMode(SyncMode.REDIS);
        return client.backend(properties, time).build();
    }
}
