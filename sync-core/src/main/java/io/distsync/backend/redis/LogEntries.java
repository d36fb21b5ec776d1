package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Payload;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
        String id = Replies.text(entry, 0);
        List<?> fields = Replies.list(entry, 1);
        String[] header = new String(Replies.bytes(fields, 1), StandardCharsets.US_ASCII).split(" ", -1);
        if (header.length != PARTS) {
            throw new MalformedReplyException("a log entry with " + header.length + " parts in its header");
        }
        int dash = id.indexOf('-');
        try {
            int index = Integer.parseInt(header[1]);
            long link = Versions.link(header[3], index);
            Version version =
                    new Version(Long.parseLong(id, 0, dash, 10), Long.parseLong(id, dash + 1, id.length(), 10), link);
            return new Change(
                    version,
                    index == 0 ? Versions.parse(header[6]).link() : Versions.link(link, index - 1),
                    KeyText.decode(Replies.bytes(fields, 3)),
                    Versions.parse(header[7]),
                    payload(header[0].charAt(0), Replies.bytes(fields, 5)),
                    cause(header[0].charAt(0)),
                    Versions.request(header[4]),
                    index,
                    Integer.parseInt(header[2]));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedReplyException("log entry " + id + " is not one of ours");
        }
    }

    static @Nullable Payload payload(char operation, byte[] bytes) {
        return operation == 'W' ? Payload.ofBytes(bytes) : null;
    }

    static Cause cause(char operation) {
        return switch (operation) {
            case 'W', 'K' -> Cause.WRITE;
            case 'D' -> Cause.DELETE;
            case 'X' -> Cause.EXPIRED;
            default -> throw new MalformedReplyException("no operation: '" + operation + "'");
        };
    }
}
