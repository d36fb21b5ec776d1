package io.distsync;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.Change;
import io.distsync.backend.Entry;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.PayloadFormat;
import io.distsync.error.AbsentStateException;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The format of one topic's values: makes what users see of what the store holds, and the reverse, and names the topic
 * when it cannot.
 *
 * @param limits what the backend takes
 */
record TopicFormat<T>(Topic<T> topic, PayloadFormat<T> values, BackendInfo limits) implements PayloadFormat<T> {

    @Override
    public byte[] encode(T value) {
        return values.encode(value);
    }

    @Override
    public T decode(byte[] bytes) {
        try {
            return values.decode(bytes);
        } catch (UndecodableStateException e) {
            throw new UndecodableStateException("topic '" + topic.name() + "': " + e.getMessage(), e);
        }
    }

    @Override
    public boolean accepts(Object value) {
        return values.accepts(value);
    }

    /**
     * What is stored of a value; encoded already if the backend wants bytes.
     *
     * @throws IllegalArgumentException if it alone is over the limit of a commit, or cannot be encoded
     */
    Payload payload(T value) {
        Payload payload = Payload.of(value, this);
        if (limits.serializes() && payload.bytes().length > limits.maxPayloadBytes()) {
            throw new IllegalArgumentException("a value of topic '" + topic.name() + "' has " + payload.bytes().length
                    + " bytes, but a commit may have at most " + limits.maxPayloadBytes()
                    + " (sync.max-payload-size)");
        }
        return payload;
    }

    /**
     * Refuses a commit that is too large to be sent.
     *
     * @throws IllegalArgumentException if these payloads together are over the limit of a commit
     */
    void requireSmall(List<Mutation> mutations) {
        if (!limits.serializes()) {
            return;
        }
        long bytes = 0;
        for (Mutation mutation : mutations) {
            Payload payload = mutation.payload();
            bytes += payload == null ? 0 : payload.bytes().length;
        }
        if (bytes > limits.maxPayloadBytes()) {
            throw new IllegalArgumentException("the values of a commit to topic '" + topic.name() + "' have " + bytes
                    + " bytes, but may have at most " + limits.maxPayloadBytes() + " (sync.max-payload-size)");
        }
    }

    /** The same failure, with the change it was met at. */
    static UndecodableStateException at(Version version, UndecodableStateException reason) {
        return new UndecodableStateException("revision " + version + " of " + reason.getMessage(), reason);
    }

    /**
     * The value an update of an entry starts from.
     *
     * @throws AbsentStateException if there is none, and no initial one
     * @throws UndecodableStateException if it cannot be decoded
     */
    T startingValue(String key, @Nullable Payload payload) {
        if (payload != null) {
            return payload.value(this);
        }
        T initial = topic.initial();
        if (initial == null) {
            throw new AbsentStateException(
                    "topic '" + topic.name() + "' has no state" + (key.isEmpty() ? "" : " under '" + key + "'")
                            + " and declares no initial value; send one first, or declare it with Topic.withInitial(...)");
        }
        return initial;
    }

    /** Nothing, since the change of that version. */
    @SuppressWarnings("NullAway") // a Versioned that is not present may hold no value
    Versioned<T> absent(Version version) {
        return new Versioned<>(topic.initial(), version, false);
    }

    Versioned<T> versioned(Entry entry) {
        return new Versioned<>(entry.payload().value(this), entry.version(), true);
    }

    /** What a change left behind; of a topic that logs keys only, a written value is missing. */
    @SuppressWarnings("NullAway")
    Versioned<T> versioned(Change change) {
        Payload payload = change.payload();
        return change.isTombstone()
                ? absent(change.version())
                : new Versioned<>(payload == null ? null : payload.value(this), change.version(), true);
    }

    MapChange<T> change(Change change) {
        return new MapChange<>(change.key(), versioned(change), change.previous(), change.cause());
    }

    MapPage<T> page(Page page) {
        List<MapEntry<T>> entries = new ArrayList<>(page.entries().size());
        for (Entry entry : page.entries()) {
            entries.add(new MapEntry<>(entry.key(), versioned(entry), entry.leaseId()));
        }
        return new MapPage<>(page.head(), entries, page.more());
    }
}
