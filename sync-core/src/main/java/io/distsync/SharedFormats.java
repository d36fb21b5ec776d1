package io.distsync;

import io.distsync.backend.PayloadFormat;
import io.distsync.codec.Codec;
import java.lang.reflect.Type;
import java.util.concurrent.ConcurrentHashMap;

/** A codec that makes each format once: one type may serve many topics. */
final class SharedFormats implements Codec {

    private final Codec codec;
    private final ConcurrentHashMap<Type, PayloadFormat<?>> formats = new ConcurrentHashMap<>();

    SharedFormats(Codec codec) {
        this.codec = codec;
    }

    @Override
    @SuppressWarnings("unchecked") // under a type is its own format
    public <T> PayloadFormat<T> format(Type type) {
        return (PayloadFormat<T>) formats.computeIfAbsent(type, codec::format);
    }
}
