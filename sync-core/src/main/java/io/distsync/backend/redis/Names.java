package io.distsync.backend.redis;

import java.nio.charset.StandardCharsets;

/** The names of everything a topic has in Redis; those of one topic share a hash tag, so they live in one slot. */
final class Names {

    private final String prefix;

    Names(String prefix) {
        this.prefix = prefix;
    }

    /** The keys every script of a topic is given. */
    byte[][] keys(String topic) {
        String tag = "{" + topic + "}";
        return new byte[][] {
            key("kv:" + tag),
            key("stream:" + tag),
            key("req:" + tag),
            key("old:" + tag),
            key("lease:" + tag),
            key("keys:" + tag),
            due(),
            key("floor")
        };
    }

    byte[] state(String topic) {
        return key("kv:{" + topic + "}");
    }

    /** Topics in which something is due, by the time when. */
    byte[] due() {
        return key("due");
    }

    String channel(String topic) {
        return prefix + "watch:{" + topic + "}";
    }

    String topicOf(String channel) {
        int from = prefix.length() + "watch:{".length();
        return channel.length() > from ? channel.substring(from, channel.length() - 1) : "";
    }

    private byte[] key(String name) {
        return (prefix + name).getBytes(StandardCharsets.US_ASCII);
    }
}
