package io.distsync.boot.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.ProducerFactory;

/**
 * What the application's own Kafka clients are made with, brokers and credentials included. The factories are only read:
 * none of them makes a client for this.
 */
final class DerivedKafkaSettings {

    // Not a record: the text of one would show passwords.

    private final Map<String, Object> admin;
    private final Map<String, Object> producer;
    private final Map<String, Object> consumer;

    private DerivedKafkaSettings(
            Map<String, Object> admin, Map<String, Object> producer, Map<String, Object> consumer) {
        this.admin = admin;
        this.producer = producer;
        this.consumer = consumer;
    }

    static DerivedKafkaSettings of(
            ObjectProvider<KafkaAdmin> admins,
            ObjectProvider<ProducerFactory<?, ?>> producers,
            ObjectProvider<ConsumerFactory<?, ?>> consumers,
            ListableBeanFactory beans) {
        return new DerivedKafkaSettings(
                settings(admins, KafkaAdmin.class, KafkaAdmin::getConfigurationProperties, beans),
                settings(producers, ProducerFactory.class, ProducerFactory::getConfigurationProperties, beans),
                settings(consumers, ConsumerFactory.class, ConsumerFactory::getConfigurationProperties, beans));
    }

    Map<String, Object> admin() {
        return admin;
    }

    Map<String, Object> producer() {
        return producer;
    }

    Map<String, Object> consumer() {
        return consumer;
    }

    private static <F> Map<String, Object> settings(
            ObjectProvider<F> factories,
            Class<?> type,
            Function<F, Map<String, Object>> read,
            ListableBeanFactory beans) {
        F factory = factories.getIfUnique();
        if (factory == null) {
            List<String> names = List.of(beans.getBeanNamesForType(type, true, false));
            throw names.isEmpty()
                    ? UnsuitableKafkaConnectionException.missing(type)
                    : UnsuitableKafkaConnectionException.ambiguous(type, names);
        }
        Map<String, Object> settings = told(factory, read);
        if (settings.isEmpty()) {
            throw UnsuitableKafkaConnectionException.silent(type, factory.getClass());
        }
        return settings;
    }

    /** Nothing if it is a factory that does not tell: the interfaces leave that open, in two ways. */
    private static <F> Map<String, Object> told(F factory, Function<F, Map<String, Object>> read) {
        try {
            return withoutNulls(read.apply(factory));
        } catch (UnsupportedOperationException e) {
            return Map.of();
        }
    }

    /** Kafka takes a setting without a value for one that is not there. */
    private static Map<String, Object> withoutNulls(Map<String, ? extends @Nullable Object> settings) {
        return settings.entrySet().stream()
                .filter(setting -> setting.getValue() != null)
                .collect(Collectors.toUnmodifiableMap(
                        Map.Entry::getKey, setting -> Objects.requireNonNull(setting.getValue())));
    }
}
