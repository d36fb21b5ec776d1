package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the scripts publish on a topic's channel: an array of texts in MessagePack (github.com/msgpack/msgpack, spec.md).
 *
 * <p>Either the changes of one commit, for each of them id, header, key and payload of its entry in the log (see {@link
 * LogEntries}); or, if those are too large, the new head alone.
 *
 * @param head the topic's last change
 * @param changes those of the commit, or none if they have to be read from the log
 */
record Message(Version head, List<Change> changes) {

    private static final int TEXTS_A_CHANGE = 4;

    /** @throws MalformedReplyException if this is no message of a script */
    static Message parse(byte[] bytes) {
        Reader reader = new Reader(ByteBuffer.wrap(bytes));
        int length = reader.array();
        if (length == 1) {
            return new Message(Versions.parse(reader.bytes()), List.of());
        }
        if (length < 1 || length % TEXTS_A_CHANGE != 0) {
            throw new MalformedReplyException("a message of " + length + " texts");
        }
        List<Change> changes = new ArrayList<>(Math.min(length / TEXTS_A_CHANGE, Limits.MAX_MUTATIONS));
        for (int i = 0; i < length; i += TEXTS_A_CHANGE) {
            changes.add(LogEntries.change(reader.text(), reader.text(), reader.bytes(), reader.bytes()));
        }
        return new Message(changes.get(changes.size() - 1).version(), changes);
    }

    /** As much of MessagePack as is written here. */
    private record Reader(ByteBuffer in) {

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
                throw new MalformedReplyException("a message that ends too early");
            }
            byte[] bytes = new byte[length];
            in.get(bytes);
            return bytes;
        }

        String text() {
            return new String(bytes(), StandardCharsets.US_ASCII);
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
                throw new MalformedReplyException("a message that ends too early");
            }
            return in.get() & 0xFF;
        }

        private static int unexpected(int type) {
            throw new MalformedReplyException("MessagePack type " + Integer.toHexString(type) + " was not expected");
        }
    }
}
