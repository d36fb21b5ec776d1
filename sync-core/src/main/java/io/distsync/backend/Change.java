package io.distsync.backend;

import io.distsync.version.Version;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One record of a topic's log.
 *
 * @param version its own identity
 * @param previousLink the link of the change before it in the topic; the first change of a history has 0
 * @param previous the version its key had before, {@link Version#ABSENT} if there was none
 * @param payload what was written; {@code null} for a delete or an expiry, and for a write of a topic that logs keys
 *     without payloads
 * @param request who asked for it; {@link RequestId#NONE} for an expiry
 * @param index place among the changes of its commit, from 0
 * @param count how many changes its commit made
 * @param headers what its sender said of it besides, see {@link Commit#headers()}
 */
public record Change(
        Version version,
        long previousLink,
        String key,
        Version previous,
        @Nullable Payload payload,
        Cause cause,
        RequestId request,
        int index,
        int count,
        Map<String, String> headers) {

    public Change {
        headers = Map.copyOf(headers);
    }

    /** A change without headers. */
    public Change(
            Version version,
            long previousLink,
            String key,
            Version previous,
            @Nullable Payload payload,
            Cause cause,
            RequestId request,
            int index,
            int count) {
        this(version, previousLink, key, previous, payload, cause, request, index, count, Map.of());
    }

    /** Why an entry changed. */
    public enum Cause {
        WRITE,
        DELETE,
        EXPIRED
    }

    /** The change as a topic has it that logs keys without payloads. */
    public Change withoutPayload() {
        return new Change(version, previousLink, key, previous, null, cause, request, index, count, headers);
    }

    /** The same change with these headers. */
    public Change withHeaders(Map<String, String> others) {
        return new Change(version, previousLink, key, previous, payload, cause, request, index, count, others);
    }

    /** Whether the commit ends with this change. */
    public boolean endsCommit() {
        return index == count - 1;
    }

    /** Whether the key is absent after this change. */
    public boolean isTombstone() {
        return cause != Cause.WRITE;
    }
}
