package io.distsync.backend;

import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.List;
import java.util.Map;

/**
 * Checks and mutations that take effect together or not at all, broadcast included.
 *
 * <p>A commit is idempotent by its request id: as long as the topic's log holds its changes, the store answers a repeat
 * with the first outcome (and a selection read anew), and rejects the same id with other content. Conflicts, and commits
 * without effect, are not remembered. A store whose memory does not reach back to {@code known} cannot tell whether it has
 * seen the request, and answers {@link CommitResult.TooOld}.
 *
 * <p>Mutations are applied in order, each to the result of those before it, and each that has an effect uses one
 * revision. Checks are evaluated on the state before the first mutation. Without mutations the commit confirms its
 * checks, raises its fences and changes nothing else.
 *
 * @param topic a valid topic name ({@link Limits#checkTopic}, checked by the backend when it meets the name first)
 * @param request unique to this commit; a repeat carries the same
 * @param known the newest version of this topic the sender knew before its first attempt
 * @param checks what has to hold
 * @param mutations at most {@link Limits#MAX_MUTATIONS}
 * @param selection entries to read in the same step, after the mutations or on conflict
 * @param options how the topic is kept; travels with each commit, so that a store needs no declaration
 * @param headers for each mutation what travels with its change besides, a trace for example; empty if there is nothing for
 *     any of them. They are told to followers and otherwise not looked at; a snapshot has none, and a repeat of the commit
 *     carries the same. Each is within {@link Limits#checkHeaders}
 */
public record Commit(
        String topic,
        RequestId request,
        Version known,
        List<Check> checks,
        List<Mutation> mutations,
        Selection selection,
        TopicOptions options,
        List<Map<String, String>> headers) {

    public Commit {
        checks = List.copyOf(checks);
        mutations = List.copyOf(mutations);
        headers = List.copyOf(headers);
        if (mutations.size() > Limits.MAX_MUTATIONS) {
            throw new IllegalArgumentException("a commit may have at most " + Limits.MAX_MUTATIONS
                    + " mutations, but this one for topic '" + topic + "' has " + mutations.size());
        }
        if (checks.size() > Limits.MAX_MUTATIONS) {
            throw new IllegalArgumentException("a commit may have at most " + Limits.MAX_MUTATIONS
                    + " checks, but this one for topic '" + topic + "' has " + checks.size());
        }
        if (!headers.isEmpty() && headers.size() != mutations.size()) {
            throw new IllegalArgumentException(
                    "a commit of " + mutations.size() + " mutations has headers for each or for"
                            + " none, but this one for topic '" + topic + "' for " + headers.size());
        }
        headers.forEach(Limits::checkHeaders);
    }

    /** A commit without headers. */
    public Commit(
            String topic,
            RequestId request,
            Version known,
            List<Check> checks,
            List<Mutation> mutations,
            Selection selection,
            TopicOptions options) {
        this(topic, request, known, checks, mutations, selection, options, List.of());
    }

    /** A commit with no selection and default options. */
    public static Commit of(
            String topic, RequestId request, Version known, List<Check> checks, List<Mutation> mutations) {
        return new Commit(topic, request, known, checks, mutations, Selection.none(), TopicOptions.defaults());
    }

    /** What travels with the change of a mutation. */
    public Map<String, String> headers(int mutation) {
        return headers.isEmpty() ? Map.of() : headers.get(mutation);
    }

    /** The bytes of all payloads; encodes those that are not yet encoded. */
    public long payloadBytes() {
        long sum = 0;
        for (Mutation mutation : mutations) {
            Payload payload = mutation.payload();
            sum += payload == null ? 0 : payload.bytes().length;
        }
        return sum;
    }
}
