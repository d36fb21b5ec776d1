package io.distsync.boot.autoconfigure;

/** The application is configured in a way that cannot work; says what to change. Ends the start of the context. */
public abstract sealed class SyncConfigurationException extends RuntimeException
        permits ClientLibraryMissingException,
                InvalidSyncListenerException,
                InvalidSyncMethodException,
                InvalidSyncPropertyException,
                InvalidSyncTopicException,
                KafkaTopicRefusedException,
                TopicTypeMismatchException,
                UnsuitableKafkaConnectionException,
                UnsuitableRedisConnectionException {

    private static final long serialVersionUID = 1L;

    private final String action;

    SyncConfigurationException(String description, String action) {
        super(description);
        this.action = action;
    }

    /** What to add or change. */
    public final String action() {
        return action;
    }
}
