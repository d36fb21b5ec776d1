package io.distsync.backend;

import io.distsync.error.UndecodableStateException;

/** Turns the values of one topic into bytes and back. Safe to share between threads. */
public interface PayloadFormat<T> {

    /**
     * Makes bytes of a value.
     *
     * @throws IllegalArgumentException if the value cannot be encoded
     */
    byte[] encode(T value);

    /**
     * Makes a value of bytes.
     *
     * @throws UndecodableStateException if these bytes are not a value of this topic
     */
    T decode(byte[] bytes);

    /** Whether an object is a value of this topic as it stands, so that it need not pass through bytes. */
    boolean accepts(Object value);
}
