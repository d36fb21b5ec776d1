package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.Entry;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.PayloadFormat;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;

/** The format of one topic's values: makes what users see of what the store holds, and names the topic when it cannot. */
record TopicFormat<T>(Topic<T> topic, PayloadFormat<T> values) implements PayloadFormat<T> {

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

    /** The same failure, with the change it was met at. */
    static UndecodableStateException at(Version version, UndecodableStateException reason) {
        return new UndecodableStateException("revision " + version + " of " + reason.getMessage(), reason);
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
