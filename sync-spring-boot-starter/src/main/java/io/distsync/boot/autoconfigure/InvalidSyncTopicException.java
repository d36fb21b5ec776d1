package io.distsync.boot.autoconfigure;

import io.distsync.version.Limits;

/** A topic was named, or left unnamed, in a way that cannot work. */
public final class InvalidSyncTopicException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    private InvalidSyncTopicException(String description, String action) {
        super(description, action);
    }

    /**
     * The name, if a topic can have it.
     *
     * @param place where it stands, as in "@SyncTopic on com.example.AppState"
     */
    static String check(String name, String place) {
        try {
            return Limits.checkTopic(name);
        } catch (IllegalArgumentException e) {
            throw new InvalidSyncTopicException(
                    "Bad topic name in " + place + ": " + e.getMessage(),
                    "Change the name: 1 to 200 characters of A-Z a-z 0-9 . _ - : /");
        }
    }

    /** The type does not say which topic it is the state of. */
    public static InvalidSyncTopicException unnamed(String place, String type, String remedy) {
        return new InvalidSyncTopicException(
                "No topic is known for " + place + ": the type " + type + " has no @SyncTopic annotation.",
                "Annotate " + type + " with @SyncTopic(\"a-name\"), " + remedy);
    }

    /** The type of the state cannot be told. */
    public static InvalidSyncTopicException untyped(String place) {
        return new InvalidSyncTopicException(
                "No topic is known for " + place + ": its type does not say what the state is.",
                "Name the type of the state, as in DistributedSync<AppState> or Versioned<AppState>.");
    }

    /** The topic cannot have a Kafka topic of its own. */
    static InvalidSyncTopicException notForKafka(IllegalArgumentException refusal) {
        InvalidSyncTopicException failure = new InvalidSyncTopicException(
                "A topic that is declared does not fit Kafka: " + refusal.getMessage() + ".",
                "Give the topic a shorter name, or set a shorter sync.prefix.");
        failure.initCause(refusal);
        return failure;
    }

    /** The service refuses to follow the topic as it is described here. */
    public static InvalidSyncTopicException refused(String place, IllegalArgumentException refusal) {
        InvalidSyncTopicException failure = new InvalidSyncTopicException(
                "The topic of " + place + " cannot be followed: " + refusal.getMessage(),
                "Describe the topic in the same way everywhere, best as one bean of type Topic.");
        failure.initCause(refusal);
        return failure;
    }
}
