package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.version.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the scripts publish on a topic's channel: an array in MessagePack (github.com/msgpack/msgpack, spec.md), of which
 * Redis writes integers, short and long strings and arrays.
 *
 * <p>Either the changes of one commit: 1, epoch, first revision, hash, the topic's version before, request, number of
 * changes, and for each change its operation, key, version before and payload (see {@link LogEntries}); or, if those are
 * too large, the new head alone: 2, version.
 *
 * @param head the topic's last change
 * @param changes those of the commit, or none if they have to be read from the log
 */
record Message(Version head, List<Change> changes) {

    static Message parse(byte[] bytes) {
        Reader reader = new Reader(ByteBuffer.wrap(bytes));
        int length = reader.array();
        long kind = reader.integer();
        if (kind == 2) {
            return new Message(Versions.parse(reader.bytes()), List.of());
        }
        if (kind != 1) {
            throw new MalformedReplyException("a message of kind " + kind);
        }
        long epoch = reader.integer();
        long first = reader.integer();
        String hash = reader.text();
        long previousLink = Versions.parse(reader.bytes()).link();
        RequestId request = Versions.request(reader.text());
        int count = (int) reader.integer();
        if (count < 1 || length != 7 + 4 * count) {
            throw new MalformedReplyException("a message of " + length + " elements for " + count + " changes");
        }
        List<Change> changes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            char operation = reader.text().charAt(0);
            String key = KeyText.decode(reader.bytes());
            Version previous = Versions.parse(reader.bytes());
            Payload payload = LogEntries.payload(operation, reader.bytes());
            Version version = new Version(epoch, first + i, Versions.link(hash, i));
            changes.add(new Change(
                    version, previousLink, key, previous, payload, LogEntries.cause(operation), request, i, count));
            previousLink = version.link();
        }
        return new Message(changes.get(count - 1).version(), changes);
    }

    /** As much of MessagePack as is written here. */
    private record Reader(ByteBuffer in) {

        int array() {
            int type = next();
            return (type & 0xF0) == 0x90
                    ? type & 0x0F
                    : type == 0xDC ? in.getShort() & 0xFFFF : type == 0xDD ? in.getInt() : unexpected(type);
        }

        long integer() {
            int type = next();
            if (type <= 0x7F) {
                return type;
            }
            return switch (type) {
                case 0xCC -> next();
                case 0xCD -> in.getShort() & 0xFFFF;
                case 0xCE -> in.getInt() & 0xFFFF_FFFFL;
                case 0xCF, 0xD3 -> in.getLong();
                default -> unexpected(type);
            };
        }

        byte[] bytes() {
            int type = next();
            int length = (type & 0xE0) == 0xA0
                    ? type & 0x1F
                    : switch (type) {
                        case 0xD9 -> next();
                        case 0xDA -> in.getShort() & 0xFFFF;
                        case 0xDB -> in.getInt();
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
