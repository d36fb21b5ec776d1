package io.distsync.codec;

import io.distsync.backend.PayloadFormat;
import java.lang.reflect.Type;

/** Makes the formats in which values travel and are stored. */
public interface Codec {

    /**
     * The format of one type; a service asks once for each type.
     *
     * @throws IllegalArgumentException if the codec cannot handle the type
     */
    <T> PayloadFormat<T> format(Type type);

    /**
     * JSON by Jackson 3: unknown properties are ignored, missing ones get their default, and no type name is ever read
     * from the data.
     */
    static Codec json() {
        return JacksonCodec.create();
    }
}
