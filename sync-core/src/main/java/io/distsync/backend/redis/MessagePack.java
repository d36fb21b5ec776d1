package io.distsync.backend.redis;

import io.distsync.backend.support.MalformedDataException;
import java.nio.ByteBuffer;
import java.util.List;

/** As much of MessagePack (github.com/msgpack/msgpack, spec.md) as the log has: arrays of texts. */
final class MessagePack {

    private static final int LONGEST_HEAD = 5;

    private MessagePack() {}

    /** An array of these texts. */
    static byte[] texts(List<byte[]> texts) {
        int bytes = LONGEST_HEAD;
        for (int i = 0; i < texts.size(); i++) {
            bytes += LONGEST_HEAD + texts.get(i).length;
        }
        ByteBuffer out = ByteBuffer.allocate(bytes);
        if (texts.size() < 16) {
            out.put((byte) (0x90 | texts.size()));
        } else {
            out.put((byte) 0xDC).putShort((short) texts.size());
        }
        for (int i = 0; i < texts.size(); i++) {
            byte[] text = texts.get(i);
            if (text.length < 32) {
                out.put((byte) (0xA0 | text.length));
            } else if (text.length < 256) {
                out.put((byte) 0xD9).put((byte) text.length);
            } else {
                out.put((byte) 0xDB).putInt(text.length);
            }
            out.put(text);
        }
        byte[] packed = new byte[out.position()];
        out.flip().get(packed);
        return packed;
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
