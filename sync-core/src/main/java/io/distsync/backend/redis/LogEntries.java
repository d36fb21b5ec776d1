package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Payload;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes as the stream holds them. An entry has the id {@code epoch-revision} and three fields: {@code k} the key,
 * {@code p} the payload, and {@code h} a header, its parts separated by spaces:
 *
 * <ol>
 *   <li>what happened: W write, K write of a topic that logs no payloads, D delete, X expiry
 *   <li>place in the commit, from 0
 *   <li>number of changes of the commit
 *   <li>hash of the commit, 14 hexadecimal digits; with the place in two more they are the change's link
 *   <li>request
 *   <li>store time in ms
 *   <li>the topic's version before the commit, or {@code -} if this is not its first change
 *   <li>the version the entry had before
 * </ol>
 */
final class LogEntries {

    private static final int PARTS = 8;

    private LogEntries() {}

    /** Reads entries of a stream, in order. */
    static List<Change> changes(List<?> entries) {
        List<Change> changes = new ArrayList<>(entries.size());
        for (Object entry : entries) {
            changes.add(change((List<?>) entry));
        }
        return changes;
    }

    private static Change change(List<?> entry) {
        List<?> fields = Replies.list(entry, 1);
        String header = new String(Replies.bytes(fields, 1), StandardCharsets.US_ASCII);
        return change(Replies.text(entry, 0), header, Replies.bytes(fields, 3), Replies.bytes(fields, 5));
    }

    /** A change as its entry has it: id, header, key and payload. */
    static Change change(String id, String header, byte[] key, byte[] payload) {
        String[] parts = header.split(" ", -1);
        if (parts.length != PARTS || parts[0].isEmpty()) {
            throw new MalformedReplyException("a log entry with " + parts.length + " parts in its header");
        }
        int dash = id.indexOf('-');
        try {
            char operation = parts[0].charAt(0);
            int index = Integer.parseInt(parts[1]);
            long link = Versions.link(parts[3], index);
            Version version =
                    new Version(Long.parseLong(id, 0, dash, 10), Long.parseLong(id, dash + 1, id.length(), 10), link);
            return new Change(
                    version,
                    index == 0 ? Versions.parse(parts[6]).link() : Versions.link(link, index - 1),
                    KeyText.decode(key),
                    Versions.parse(parts[7]),
                    operation == 'W' ? Payload.ofBytes(payload) : null,
                    cause(operation),
                    Versions.request(parts[4]),
                    index,
                    Integer.parseInt(parts[2]));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedReplyException("log entry " + id + " is not one of ours");
        }
    }

    private static Cause cause(char operation) {
        return switch (operation) {
            case 'W', 'K' -> Cause.WRITE;
            case 'D' -> Cause.DELETE;
            case 'X' -> Cause.EXPIRED;
            default -> throw new MalformedReplyException("no operation: '" + operation + "'");
        };
    }
}
