package io.distsync.boot.autoconfigure;

import java.util.List;

/** The mode {@code kafka} was asked for, but what the application has for Kafka does not lead to one set of brokers. */
public final class UnsuitableKafkaConnectionException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    private static final String OWN_BACKEND = "define a bean of type io.distsync.backend.SyncBackend, such as"
            + " KafkaSyncBackend.builder(RedisSyncBackend.builder(RedisURI.create(\"redis://host\")), settings).build().";

    private UnsuitableKafkaConnectionException(String description, String action) {
        super("sync.mode is 'kafka', but " + description, action);
    }

    /** @param type of the bean that is asked for settings */
    static UnsuitableKafkaConnectionException missing(Class<?> type) {
        return new UnsuitableKafkaConnectionException(
                "there is no bean of type " + type.getSimpleName() + ".",
                "Do not exclude KafkaAutoConfiguration, or define a " + type.getSimpleName() + "; or " + OWN_BACKEND);
    }

    /** @param names of the beans */
    static UnsuitableKafkaConnectionException ambiguous(Class<?> type, List<String> names) {
        return new UnsuitableKafkaConnectionException(
                "there are several beans of type " + type.getSimpleName() + ": " + String.join(", ", names) + ".",
                "Mark the one that leads to the brokers for the shared state as @Primary; or " + OWN_BACKEND);
    }

    /** @param implementation that does not tell its settings */
    static UnsuitableKafkaConnectionException silent(Class<?> type, Class<?> implementation) {
        return new UnsuitableKafkaConnectionException(
                "the bean of type " + type.getSimpleName() + " does not tell its settings: " + implementation.getName()
                        + ".getConfigurationProperties() has none.",
                "Implement that method, or use the implementation of Spring Kafka; or " + OWN_BACKEND);
    }

    /** Kafka's clients do not take the settings. */
    static UnsuitableKafkaConnectionException refused(RuntimeException cause) {
        Throwable root = cause;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        UnsuitableKafkaConnectionException failure = new UnsuitableKafkaConnectionException(
                "Kafka's clients cannot be made with the settings of the application: " + root.getMessage(),
                "Change the setting, most likely one of spring.kafka.*; or " + OWN_BACKEND);
        failure.initCause(cause);
        return failure;
    }
}
