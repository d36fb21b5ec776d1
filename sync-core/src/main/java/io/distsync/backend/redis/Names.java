package io.distsync.backend.redis;

import io.distsync.backend.Lease;
import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The names of everything a topic has in Redis; those of one topic share a hash tag, so they live in one slot. */
final class Names {

    private static final int SINGLE = 0;

    private final String prefix;
    private final String channel;
    private final boolean broadcast;

    /** A tag for each slot of a cluster, or {@code null} without a cluster. */
    private final String @Nullable [] tags;

    /**
     * @param database channels belong to the whole server, so they have to name the database
     * @param broadcast whether another system carries changes to followers, so that there is an outbox
     */
    Names(String prefix, boolean cluster, int database, boolean broadcast) {
        this.prefix = prefix;
        this.broadcast = broadcast;
        this.channel = prefix + "watch:" + (database == 0 ? "" : database + ":");
        this.tags = cluster ? tags() : null;
    }

    /** The shortest numbers that hash to each slot. */
    private static String[] tags() {
        String[] tags = new String[SlotHash.SLOT_COUNT];
        int missing = tags.length;
        for (int i = 0; missing > 0; i++) {
            String tag = Integer.toString(i, Character.MAX_RADIX);
            int slot = SlotHash.getSlot(tag);
            if (tags[slot] == null) {
                tags[slot] = tag;
                missing--;
            }
        }
        return tags;
    }

    boolean isCluster() {
        return tags != null;
    }

    /** The slot of a topic; the same one for all without a cluster. */
    int slot(String topic) {
        return tags == null ? SINGLE : SlotHash.getSlot(topic);
    }

    /** The keys every script of a topic is given. */
    byte[][] keys(String topic) {
        int slot = slot(topic);
        return withOutbox(
                slot,
                state(topic),
                stream(topic),
                requests(topic),
                olderRequests(topic),
                leases(topic),
                names(topic),
                due(slot),
                key("floor" + tag(slot)));
    }

    /** The keys of a commit that only puts. */
    byte[][] putKeys(String topic) {
        return withOutbox(slot(topic), state(topic), stream(topic), requests(topic), olderRequests(topic));
    }

    /** The keys of a common commit of a queue: all a script is given but the floor of epochs. */
    byte[][] queueKeys(String topic) {
        int slot = slot(topic);
        return withOutbox(
                slot,
                state(topic),
                stream(topic),
                requests(topic),
                olderRequests(topic),
                leases(topic),
                names(topic),
                due(slot));
    }

    private byte[][] withOutbox(int slot, byte[]... keys) {
        if (!broadcast) {
            return keys;
        }
        byte[][] all = Arrays.copyOf(keys, keys.length + 1);
        all[keys.length] = outbox(slot);
        return all;
    }

    /** The keys of a common read. */
    byte[][] pageKeys(String topic) {
        return new byte[][] {state(topic), leases(topic), names(topic), due(slot(topic))};
    }

    /** The keys of a renewal of leases, all of one slot. */
    byte[][] renewKeys(List<Lease> leases) {
        byte[][] keys = new byte[1 + 2 * leases.size()][];
        keys[0] = due(slot(leases.get(0).topic()));
        for (int i = 0; i < leases.size(); i++) {
            keys[2 * i + 1] = state(leases.get(i).topic());
            keys[2 * i + 2] = leases(leases.get(i).topic());
        }
        return keys;
    }

    byte[] state(String topic) {
        return key("kv:{" + topic + "}");
    }

    byte[] stream(String topic) {
        return key("stream:{" + topic + "}");
    }

    private byte[] requests(String topic) {
        return key("req:{" + topic + "}");
    }

    private byte[] olderRequests(String topic) {
        return key("old:{" + topic + "}");
    }

    private byte[] leases(String topic) {
        return key("lease:{" + topic + "}");
    }

    private byte[] names(String topic) {
        return key("keys:{" + topic + "}");
    }

    /** The commits of a slot that are not known to be broadcast, by their time. */
    byte[] outbox(int slot) {
        return key("outbox" + tag(slot));
    }

    /** The topics of a slot in which something is due, by the time when. */
    byte[] due(int slot) {
        return key("due" + tag(slot));
    }

    /** The slots of a cluster in which something may be due. */
    byte[] slots() {
        return key("slots");
    }

    int slotOfSlots() {
        return tags == null ? SINGLE : SlotHash.getSlot(slots());
    }

    private String tag(int slot) {
        return tags == null ? "" : ":{" + tags[slot] + "}";
    }

    String channel(String topic) {
        return channel + "{" + topic + "}";
    }

    /** What a channel begins with, up to the tag. */
    String channelPrefix() {
        return channel;
    }

    String topicOf(String channelOfTopic) {
        int from = channel.length() + 1;
        return channelOfTopic.length() > from ? channelOfTopic.substring(from, channelOfTopic.length() - 1) : "";
    }

    private byte[] key(String name) {
        return (prefix + name).getBytes(StandardCharsets.US_ASCII);
    }
}
