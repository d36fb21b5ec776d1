package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.time.TimeSource;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.ProducerFactory;

/**
 * The mode {@code kafka}: the state is on the Redis the application's connection factory leads to, and its changes go
 * through the brokers its Kafka factories lead to.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sync.mode", havingValue = "kafka")
@ConditionalOnClass({
    RedisClient.class,
    LettuceConnectionFactory.class,
    DataRedisConnectionDetails.class,
    Admin.class,
    KafkaAdmin.class,
    KafkaConnectionDetails.class
})
@ConditionalOnMissingBean({SyncBackend.class, SyncService.class})
@Import({RedisClientConfiguration.class, AnnotatedTypes.Registrar.class})
class KafkaBackendConfiguration {

    @Bean
    DerivedKafkaSettings syncKafkaSettings(
            ObjectProvider<KafkaAdmin> admins,
            ObjectProvider<ProducerFactory<?, ?>> producers,
            ObjectProvider<ConsumerFactory<?, ?>> consumers,
            ListableBeanFactory beans) {
        return DerivedKafkaSettings.of(admins, producers, consumers, beans);
    }

    @Bean
    DeclaredTopics syncDeclaredTopics(
            ObjectProvider<Topic<?>> topics, AnnotatedTypes types, SyncProperties properties) {
        return DeclaredTopics.of(topics, types, properties.kafka().topics());
    }

    /** Connects in the background: neither a Redis nor a Kafka that is down keeps the application from starting. */
    @Bean
    KafkaSyncBackend syncBackend(
            DerivedRedisClient client,
            DerivedKafkaSettings kafka,
            DeclaredTopics topics,
            SyncProperties properties,
            TimeSource time) {
        properties.requireMode(SyncMode.KAFKA);
        SyncProperties.Kafka settings = properties.kafka();
        KafkaSyncBackend.Builder backend = KafkaSyncBackend.builder(client.backend(properties, time), kafka.admin())
                .producer(kafka.producer())
                .consumer(kafka.consumer())
                .topics(topics.names())
                .createTopics(settings.createTopics())
                .partitions(settings.partitions())
                .waitForBroker(settings.brokerWait())
                .heartbeat(properties.heartbeat())
                .time(time);
        if (settings.replicationFactor() > 0) {
            backend.replicationFactor(settings.replicationFactor());
        }
        Duration retention = settings.retention();
        if (retention != null) {
            backend.retention(retention);
        }
        try {
            return backend.build();
        } catch (KafkaException e) {
            throw UnsuitableKafkaConnectionException.refused(e);
        } catch (IllegalArgumentException e) {
            throw InvalidSyncTopicException.notForKafka(e);
        }
    }

    @Bean
    KafkaTopicsCheck syncKafkaTopicsCheck(KafkaSyncBackend backend, SyncProperties properties, TimeSource time) {
        return new KafkaTopicsCheck(backend, properties.kafka().startTimeout(), time);
    }
}
