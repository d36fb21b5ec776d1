package io.distsync.backend.redis;

import io.distsync.backend.support.MalformedDataException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** As much of MessagePack (github.com/msgpack/msgpack, spec.md) as the log has: arrays of texts. */
final class MessagePack {

    private MessagePack() {}

    /** An array of texts in the making, cut into pieces where a text is to be by itself. */
    static final class Pieces {

        private final List<byte[]> closed = new ArrayList<>();
        private final ByteArrayOutputStream open = new ByteArrayOutputStream();

        /** @param texts how many there will be */
        Pieces(int texts) {
            if (texts < 16) {
                open.write(0x90 | texts);
            } else {
                open.write(0xDC);
                open.write(texts >> 8);
                open.write(texts);
            }
        }

        void add(byte[] text) {
            addHead(text.length);
            open.writeBytes(text);
        }

        /** Adds a text that is a piece of its own, and says which, counted from 0. */
        int addApart(byte[] text) {
            addHead(text.length);
            closed.add(open.toByteArray());
            open.reset();
            closed.add(text);
            return closed.size() - 1;
        }

        /** All pieces; nothing can be added any more. */
        List<byte[]> end() {
            if (open.size() > 0) {
                closed.add(open.toByteArray());
            }
            return closed;
        }

        int count() {
            return closed.size();
        }

        private void addHead(int length) {
            if (length < 32) {
                open.write(0xA0 | length);
            } else if (length < 256) {
                open.write(0xD9);
                open.write(length);
            } else {
                open.write(0xDB);
                for (int shift = 24; shift >= 0; shift -= 8) {
                    open.write(length >> shift);
                }
            }
        }
    }

    /** Reads an array; whatever is not as it should be is a {@link MalformedDataException}. */
    record Reader(ByteBuffer in) {

        /** The number of its elements. */
        int array() {
            int type = next();
            return (type & 0xF0) == 0x90 ? type & 0x0F : type == 0xDC ? length(2) : unexpected(type);
        }

        byte[] bytes() {
            int type = next();
            int length = (type & 0xE0) == 0xA0
                    ? type & 0x1F
                    : switch (type) {
                        case 0xD9 -> length(1);
                        case 0xDA -> length(2);
                        case 0xDB -> length(4);
                        default -> unexpected(type);
                    };
            if (length < 0 || length > in.remaining()) {
                throw new MalformedDataException("MessagePack that ends too early");
            }
            byte[] bytes = new byte[length];
            in.get(bytes);
            return bytes;
        }

        private int length(int bytes) {
            int length = 0;
            for (int i = 0; i < bytes; i++) {
                length = (length << 8) | next();
            }
            return length;
        }

        private int next() {
            if (!in.hasRemaining()) {
                throw new MalformedDataException("MessagePack that ends too early");
            }
            return in.get() & 0xFF;
        }

        private static int unexpected(int type) {
            throw new MalformedDataException("MessagePack type " + Integer.toHexString(type) + " was not expected");
        }
    }
}
