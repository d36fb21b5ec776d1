package io.distsync;

import io.distsync.backend.PayloadFormat;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Version;

/** The format of one topic's values, which names the topic when it cannot decode one. */
record TopicFormat<T>(String topic, PayloadFormat<T> values) implements PayloadFormat<T> {

    @Override
    public byte[] encode(T value) {
        return values.encode(value);
    }

    @Override
    public T decode(byte[] bytes) {
        try {
            return values.decode(bytes);
        } catch (UndecodableStateException e) {
            throw new UndecodableStateException("topic '" + topic + "': " + e.getMessage(), e);
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
}
