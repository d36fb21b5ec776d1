package io.distsync.boot.autoconfigure;

/** A Kafka topic of the mode {@code kafka} would lose changes, or cannot be used at all. */
public final class KafkaTopicRefusedException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    /** @param reason with the name of the Kafka topic and of the setting */
    public KafkaTopicRefusedException(String reason) {
        super(
                "sync.mode is 'kafka', but a Kafka topic is not fit for it. " + reason + ".",
                "Change the settings of the Kafka topic (kafka-configs.sh --alter --entity-type topics), or delete it and let"
                        + " it be made anew (sync.kafka.create-topics=true): nothing is lost, the state is in Redis. If a"
                        + " right is missing, grant it, or make the topic by hand. Or set sync.prefix, which is part of"
                        + " the names of all Kafka topics.");
    }
}
