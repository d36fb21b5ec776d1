package io.distsync.backend.kafka;

import io.distsync.version.Limits;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which Kafka topic carries which topic: {@code stream_{topic}} for those that have one of their own, {@code stream_shared}
 * for all others.
 *
 * <p>A character that Kafka does not take is written {@code _xHH_}, its code in two hexadecimal digits; so is an underscore
 * that could be taken for the beginning of that. {@code stream_shared} is taken, so a topic of that name begins with {@code
 * _x73_}. No two topics have the same name in Kafka, and each can be read back.
 */
final class TopicNames {

    private static final int MAX_LENGTH = 249;
    private static final String SHARED = "shared";
    private static final Pattern ESCAPED = Pattern.compile("[^A-Za-z0-9._-]|_(?=x[0-9A-F]{2}[_:/])");
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private final String shared;
    private final Map<String, String> own = new HashMap<>();

    /**
     * Names for one store.
     *
     * @param prefix put before each
     * @param topics have a Kafka topic of their own
     * @throws IllegalArgumentException if a topic has no valid name, or one that is too long for Kafka
     */
    TopicNames(String prefix, Set<String> topics) {
        shared = escaped(prefix) + "stream_" + SHARED;
        for (String topic : topics) {
            Limits.checkTopic(topic);
            String name = escaped(prefix) + "stream_" + (topic.equals(SHARED) ? "_x73_hared" : escaped(topic));
            if (name.length() > MAX_LENGTH) {
                throw new IllegalArgumentException("topic '" + topic + "' cannot have a Kafka topic of its own: '"
                        + name + "' has " + name.length() + " characters, and Kafka takes at most " + MAX_LENGTH);
            }
            own.put(topic, name);
        }
    }

    /** The Kafka topic of a topic. */
    String of(String topic) {
        return own.getOrDefault(topic, shared);
    }

    boolean isShared(String kafkaTopic) {
        return kafkaTopic.equals(shared);
    }

    /** Every Kafka topic there is, always in the same order. */
    Set<String> all() {
        Set<String> all = new TreeSet<>(own.values());
        all.add(shared);
        return all;
    }

    static String escaped(String topic) {
        return ESCAPED.matcher(topic)
                .replaceAll(match -> "_x" + HEX.toHexDigits((byte) match.group().charAt(0)) + "_");
    }
}
