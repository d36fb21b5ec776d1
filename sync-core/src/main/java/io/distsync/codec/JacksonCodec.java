package io.distsync.codec;

import io.distsync.backend.PayloadFormat;
import io.distsync.error.UndecodableStateException;
import java.lang.reflect.Type;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by a Jackson 3 mapper. Polymorphic typing is never switched on here; a mapper handed in by the application is
 * used as it is, but its default typing, if any, is removed.
 */
public final class JacksonCodec implements Codec {

    private final JsonMapper mapper;

    private JacksonCodec(JsonMapper mapper) {
        this.mapper = mapper;
    }

    /** A codec on a mapper with defaults. */
    public static JacksonCodec create() {
        return using(JsonMapper.builder().build());
    }

    /** A codec on a copy of the given mapper that tolerates unknown and missing properties and reads no type names. */
    public static JacksonCodec using(JsonMapper mapper) {
        return new JacksonCodec(mapper.rebuild()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                // Jackson 3 switched this on, and then refuses a record that has got a new int since it was stored.
                .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .deactivateDefaultTyping()
                .build());
    }

    @Override
    public <T> PayloadFormat<T> format(Type type) {
        JavaType javaType = mapper.constructType(type);
        ObjectReader reader = mapper.readerFor(javaType);
        ObjectWriter writer = mapper.writerFor(javaType);
        return new JsonFormat<>(javaType, javaType.getRawClass(), reader, writer);
    }

    private record JsonFormat<T>(JavaType type, Class<?> raw, ObjectReader reader, ObjectWriter writer)
            implements PayloadFormat<T> {

        @Override
        public byte[] encode(T value) {
            try {
                return writer.writeValueAsBytes(value);
            } catch (JacksonException e) {
                throw new IllegalArgumentException("cannot encode a value of " + type.toCanonical() + " as JSON", e);
            }
        }

        @Override
        public T decode(byte[] bytes) {
            T value;
            try {
                value = reader.readValue(bytes);
            } catch (RuntimeException e) {
                throw undecodable(bytes.length, e);
            }
            if (value == null) {
                throw new UndecodableStateException(
                        "the stored JSON is null, which is no value of " + type.toCanonical());
            }
            return value;
        }

        /**
         * Says what went wrong and where, but nothing of the content, which may be confidential: the messages of
         * Jackson quote it, and so may those of the type itself. Hence neither a message nor a cause is passed on.
         */
        private UndecodableStateException undecodable(int size, RuntimeException failure) {
            StringBuilder message = new StringBuilder("the stored ")
                    .append(size)
                    .append(" bytes are no JSON of ")
                    .append(type.toCanonical())
                    .append(": ")
                    .append(failure.getClass().getSimpleName());
            if (failure.getCause() != null) {
                message.append(" by ").append(failure.getCause().getClass().getSimpleName());
            }
            if (failure instanceof JacksonException problem && problem.getLocation() != null) {
                message.append(" at line ")
                        .append(problem.getLocation().getLineNr())
                        .append(", column ")
                        .append(problem.getLocation().getColumnNr());
            }
            return new UndecodableStateException(message.toString());
        }

        @Override
        public boolean accepts(Object value) {
            return raw.isInstance(value);
        }
    }
}
