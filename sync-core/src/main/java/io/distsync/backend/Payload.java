package io.distsync.backend;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A value on its way to or from a store: an object, its bytes, or both. Each form is made from the other at most once
 * in the ordinary case, and then kept; a race of two threads may make it twice, with equal results. Safe to share.
 *
 * <p>Objects are taken as they are and never copied: states must be immutable.
 */
public final class Payload {

    // Both forms are published by release and read by acquire, so that an object decoded on one thread is whole on
    // another even if its fields are not final.
    private static final VarHandle OBJECT;
    private static final VarHandle BYTES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            OBJECT = lookup.findVarHandle(Payload.class, "object", Object.class);
            BYTES = lookup.findVarHandle(Payload.class, "bytes", byte[].class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final @Nullable PayloadFormat<Object> format;

    @SuppressWarnings("UnusedVariable") // by VarHandle
    private @Nullable Object object;

    @SuppressWarnings("UnusedVariable") // by VarHandle
    private byte @Nullable [] bytes;

    private Payload(@Nullable Object object, byte @Nullable [] bytes, @Nullable PayloadFormat<Object> format) {
        this.object = object;
        this.bytes = bytes;
        this.format = format;
    }

    /** A payload that is encoded only when a store asks for its bytes. */
    @SuppressWarnings("unchecked") // the format is only ever given the value it came with
    public static <T> Payload of(T value, PayloadFormat<T> format) {
        return new Payload(value, null, (PayloadFormat<Object>) format);
    }

    /** A payload that is decoded only when somebody asks for its value. The array belongs to the payload from now on. */
    public static Payload ofBytes(byte[] bytes) {
        return new Payload(null, bytes, null);
    }

    /** A decimal integer, as {@link Mutation.Add} writes it. */
    public static Payload ofInteger(long value) {
        return new Payload(value, null, null);
    }

    /** The encoded form; not to be changed. */
    public byte[] bytes() {
        byte[] known = (byte[]) BYTES.getAcquire(this);
        if (known != null) {
            return known;
        }
        Object value = OBJECT.getAcquire(this);
        byte[] encoded =
                format == null ? String.valueOf(value).getBytes(StandardCharsets.US_ASCII) : format.encode(value);
        BYTES.setRelease(this, encoded);
        return encoded;
    }

    /** The size in bytes if the encoded form exists, else -1. */
    public int knownSize() {
        byte[] known = (byte[]) BYTES.getAcquire(this);
        return known == null ? -1 : known.length;
    }

    /**
     * The value in the form of a topic.
     *
     * @throws io.distsync.error.UndecodableStateException if it has none
     */
    @SuppressWarnings("unchecked") // accepts() is the check
    public <T> T value(PayloadFormat<T> wanted) {
        Object known = OBJECT.getAcquire(this);
        if (known != null && wanted.accepts(known)) {
            return (T) known;
        }
        T decoded = wanted.decode(bytes());
        if (known == null) {
            OBJECT.setRelease(this, decoded);
        }
        return decoded;
    }

    /**
     * The decimal integer this payload holds.
     *
     * @throws NumberFormatException if it holds something else
     */
    public long integer() {
        Object known = OBJECT.getAcquire(this);
        if (known instanceof Long || known instanceof Integer) {
            return ((Number) known).longValue();
        }
        return Long.parseLong(new String(bytes(), StandardCharsets.US_ASCII));
    }

    /** Whether both stand for the same content: the same object, equal objects, or equal bytes. */
    @Override
    public boolean equals(@Nullable Object other) {
        if (this == other) {
            return true;
        }
        if (!(other instanceof Payload that)) {
            return false;
        }
        Object mine = OBJECT.getAcquire(this);
        Object theirs = OBJECT.getAcquire(that);
        return (mine != null && theirs != null) ? mine.equals(theirs) : Arrays.equals(bytes(), that.bytes());
    }

    /** Constant, because equal payloads may be known in different forms; payloads are not made to be map keys. */
    @Override
    public int hashCode() {
        return 1;
    }

    /** Never shows the content. */
    @Override
    public String toString() {
        int size = knownSize();
        return size < 0 ? "Payload[object]" : "Payload[" + size + " bytes]";
    }
}
