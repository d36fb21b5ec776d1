package io.distsync.boot.autoconfigure;

import java.lang.reflect.Type;

/** One topic is used with two types. */
public final class TopicTypeMismatchException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    public TopicTypeMismatchException(String topic, Type first, String firstPlace, Type second, String secondPlace) {
        super(
                "The topic '" + topic + "' is used with two types: " + first.getTypeName() + " (" + firstPlace
                        + ") and " + second.getTypeName() + " (" + secondPlace + ").",
                "Use one type for the topic, or give one of them another topic name.");
    }
}
