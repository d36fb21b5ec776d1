package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.support.HeaderText;
import io.distsync.backend.support.KeyText;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.backend.support.VersionText;
import io.distsync.log.LogEvent;
import io.distsync.version.Version;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits as the stream holds them. The entry of a commit has the id {@code epoch-revision} of its last change and one field
 * {@code c}, its record: a header, a line feed, and a MessagePack array with key and payload of each change, and behind them the
 * {@linkplain HeaderText headers of the changes} if there are any. The parts of the header are separated by spaces:
 *
 * <ol>
 *   <li>for each change what happened: W write, K write of a topic that logs no payloads, D delete, X expiry
 *   <li>hash of the commit, 14 hexadecimal digits; with the place in the commit, from 0, in two more they are a change's link
 *   <li>request
 *   <li>store time in ms
 *   <li>the topic's version before the commit
 *   <li>the version of each entry before the commit, in the order of their first changes
 * </ol>
 */
final class LogEntries {

    private static final Logger log = LoggerFactory.getLogger(LogEntries.class);

    private static final int PRECEDING = 4;
    private static final int FIRST_PREVIOUS = 5;

    private LogEntries() {}

    /**
     * Reads entries of a stream, in order; leaves out the changes of the first commit that are not after the position, entries
     * that are not ours, and whatever comes behind a hole that they leave.
     */
    static List<Change> changes(List<?> entries, Version after) {
        List<String> foreign = new ArrayList<>(0);
        List<Change> changes = changes(entries, after, foreign);
        if (!foreign.isEmpty()) {
            LogEvent.FEED_ENTRY_FOREIGN
                    .on(log)
                    .log("{} entries of a log are passed over, the first one: {}", foreign.size(), foreign.get(0));
        }
        return changes;
    }

    private static List<Change> changes(List<?> entries, Version after, List<String> foreign) {
        List<Change> changes = new ArrayList<>(entries.size());
        long link = after.link();
        for (int i = 0; i < entries.size(); i++) {
            for (Change change : commitOrNothing(Replies.list(entries, i), foreign)) {
                if (changes.isEmpty() && isUpTo(change.version(), after)) {
                    continue;
                }
                if (change.previousLink() != link) {
                    return changes;
                }
                link = change.version().link();
                changes.add(change);
            }
        }
        return changes;
    }

    private static List<Change> commitOrNothing(List<?> entry, List<String> foreign) {
        try {
            return commit(Replies.text(entry, 0), Replies.bytes(Replies.list(entry, 1), 1));
        } catch (MalformedDataException e) {
            foreign.add(String.valueOf(e.getMessage()));
            return List.of();
        }
    }

    private static boolean isUpTo(Version version, Version position) {
        return version.epoch() == position.epoch() && version.revision() <= position.revision();
    }

    /** The changes of the commit with that id and record. */
    static List<Change> commit(String id, byte[] record) {
        return commit(id, ByteBuffer.wrap(record));
    }

    /** The changes of the commit with that id and the record that begins at the buffer's position. */
    static List<Change> commit(String id, ByteBuffer record) {
        return commit(line(record).split(" ", -1), id, record);
    }

    /** The changes of a commit that goes on in the epoch of the version before it: what it is called follows from that. */
    static List<Change> commit(ByteBuffer record) {
        String[] header = line(record).split(" ", -1);
        try {
            Version before = VersionText.parse(header[PRECEDING]);
            return commit(header, before.epoch() + "-" + (before.revision() + header[0].length()), record);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedDataException("a message is not one of ours");
        }
    }

    private static List<Change> commit(String[] header, String id, ByteBuffer record) {
        try {
            MessagePack.Reader contents = new MessagePack.Reader(record);
            String operations = header[0];
            int count = operations.length();
            int elements = contents.array();
            if (count == 0 || (elements != 2 * count && elements != 2 * count + 1)) {
                throw new MalformedDataException("log entry " + id + " does not have the changes it should");
            }
            int dash = id.indexOf('-');
            long epoch = Long.parseLong(id, 0, dash, 10);
            long first = Long.parseLong(id, dash + 1, id.length(), 10) - count + 1;
            long hash = Versions.link(header[1], 0);
            RequestId request = VersionText.request(header[2]);
            int[] next = {FIRST_PREVIOUS};
            Predecessors predecessors = new Predecessors(() -> VersionText.parse(header[next[0]++]));
            long previousLink = VersionText.parse(header[PRECEDING]).link();
            List<Change> changes = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                char operation = operations.charAt(i);
                Cause cause = cause(operation);
                String key = KeyText.decode(contents.bytes());
                byte[] payload = contents.bytes();
                Version version = new Version(epoch, first + i, Versions.link(hash, i));
                Version left = cause == Cause.WRITE ? version : Version.ABSENT;
                changes.add(new Change(
                        version,
                        previousLink,
                        key,
                        predecessors.replacedBy(key, left),
                        operation == 'W' ? Payload.ofBytes(payload) : null,
                        cause,
                        request,
                        i,
                        count));
                previousLink = version.link();
            }
            return elements == 2 * count ? changes : withHeaders(changes, HeaderText.parse(contents.bytes(), count));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new MalformedDataException("log entry " + id + " is not one of ours");
        }
    }

    private static List<Change> withHeaders(List<Change> changes, List<Map<String, String>> headers) {
        for (int i = 0; i < changes.size(); i++) {
            changes.set(i, changes.get(i).withHeaders(headers.get(i)));
        }
        return changes;
    }

    /** The text up to the next line feed; the buffer is behind that then. */
    @SuppressWarnings("ByteBufferBackingArray") // every buffer here wraps an array from its beginning
    static String line(ByteBuffer in) {
        byte[] bytes = in.array();
        int from = in.position();
        int end = from;
        while (end < in.limit() && bytes[end] != '\n') {
            end++;
        }
        in.position(Math.min(end + 1, in.limit()));
        return new String(bytes, from, end - from, StandardCharsets.US_ASCII);
    }

    private static Cause cause(char operation) {
        return switch (operation) {
            case 'W', 'K' -> Cause.WRITE;
            case 'D' -> Cause.DELETE;
            case 'X' -> Cause.EXPIRED;
            default -> throw new MalformedDataException("no operation: '" + operation + "'");
        };
    }
}
