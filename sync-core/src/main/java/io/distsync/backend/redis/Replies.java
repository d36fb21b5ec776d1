package io.distsync.backend.redis;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.FailedCheck;
import io.distsync.backend.CommitResult.TooOld;
import io.distsync.backend.Entry;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.Selection;
import io.distsync.backend.support.KeyText;
import io.distsync.backend.support.MalformedDataException;
import io.distsync.backend.support.VersionText;
import io.distsync.error.RejectedException;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the scripts answer, as the heads of the scripts describe it.
 *
 * <p>Every method throws {@link RejectedException} if the data in the store is of a foreign kind or layout, and {@link
 * MalformedDataException} if the answer is none of a script's.
 */
final class Replies {

    private Replies() {}

    /** An answer of the script for the common case, which has decided. */
    static CommitResult put(Commit commit, List<?> reply) {
        if (!isCommitted(reply)) {
            return commit(commit, reply);
        }
        return committed(
                commit,
                version(reply, 1),
                version(reply, 2),
                "1".repeat(commit.mutations().size()),
                reply.subList(3, reply.size()),
                List.of(),
                Page.NOTHING);
    }

    /** An answer of the script for queues, which has decided. */
    static CommitResult queue(Commit commit, List<?> reply) {
        if (!isCommitted(reply)) {
            return commit(commit, reply);
        }
        List<byte[]> replaced = new ArrayList<>(commit.mutations().size());
        commit.checks().forEach(check -> replaced.add(VersionText.bytes(((Check.VersionIs) check).version())));
        while (replaced.size() < commit.mutations().size()) {
            replaced.add(VersionText.bytes(Version.ABSENT));
        }
        return committed(
                commit,
                version(reply, 1),
                version(reply, 2),
                "1".repeat(replaced.size()),
                replaced,
                List.of(),
                selected(commit, list(reply, 3)));
    }

    static CommitResult commit(Commit commit, List<?> reply) {
        String kind = kind(commit.topic(), reply);
        return switch (kind) {
            case "C" -> committed(commit, reply);
            case "X" -> conflict(commit, reply);
            case "O" -> new TooOld(version(reply, 1));
            case "R" ->
                throw new RejectedException("topic '" + commit.topic() + "': " + KeyText.decode(bytes(reply, 1)));
            default -> throw unexpected(kind);
        };
    }

    /** Whether a commit was applied, now or earlier. */
    static boolean isCommitted(List<?> reply) {
        return !reply.isEmpty() && text(reply, 0).equals("C");
    }

    /** Whether a script leaves a commit to the general one. */
    static boolean isLeft(List<?> reply) {
        return !reply.isEmpty() && text(reply, 0).equals("G");
    }

    static Page read(String topic, List<?> reply) {
        requireKind("P", topic, reply);
        return page(list(reply, 1));
    }

    static History history(String topic, Version after, List<?> reply) {
        String kind = kind(topic, reply);
        if (kind.equals("G")) {
            Version head = version(reply, 2);
            return new History.Gone(beginning(reply, head), head);
        }
        if (!kind.equals("H")) {
            throw unexpected(kind);
        }
        List<Change> changes = LogEntries.changes(list(reply, 2), after);
        Version head = version(reply, 1);
        return changes.isEmpty() && !head.equals(after)
                ? new History.Gone(head, head) // what comes next cannot be read any more
                : new History.Changes(changes, head);
    }

    /** Where the log begins: with its head, if what it begins with is not ours. */
    private static Version beginning(List<?> gone, Version head) {
        try {
            return version(gone, 1);
        } catch (MalformedDataException e) {
            return head;
        }
    }

    /** Those of the leases that were to be renewed and were not. */
    static List<Lease> notRenewed(String topic, List<Lease> leases, List<?> reply) {
        requireKind("K", topic, reply);
        List<Lease> left = new ArrayList<>();
        for (int i = 0; i < leases.size(); i++) {
            if (number(reply, i + 1) != 1) {
                left.add(leases.get(i));
            }
        }
        return left;
    }

    /** How many entries were expired. */
    static long sweep(String topic, List<?> reply) {
        requireKind("S", topic, reply);
        return number(reply, 1);
    }

    private static String kind(String topic, List<?> reply) {
        if (reply.isEmpty()) {
            throw new MalformedDataException("an empty answer");
        }
        String kind = text(reply, 0);
        if (kind.equals("T")) {
            throw new RejectedException("topic '" + topic + "' cannot be used: key '" + text(reply, 1)
                    + "' in Redis should be a " + text(reply, 2) + ", but is a " + text(reply, 3));
        }
        if (kind.equals("L")) {
            throw new RejectedException("topic '" + topic + "' has data of layout '" + text(reply, 1)
                    + "', which this version cannot read; it reads layout '1'");
        }
        return kind;
    }

    private static void requireKind(String expected, String topic, List<?> reply) {
        String kind = kind(topic, reply);
        if (!kind.equals(expected)) {
            throw unexpected(kind);
        }
    }

    private static MalformedDataException unexpected(String kind) {
        return new MalformedDataException("an answer of kind '" + kind + "'");
    }

    // --- commits ----------------------------------------------------------------------------------------------------

    private static Committed committed(Commit commit, List<?> reply) {
        return committed(
                commit,
                version(reply, 1),
                version(reply, 2),
                text(reply, 3),
                list(reply, 4),
                list(reply, 5),
                selected(commit, list(reply, 6)));
    }

    /**
     * @param head the version of the commit's last change
     * @param marks for each mutation 1 if it had an effect, 0 otherwise
     * @param replaced see {@link Predecessors}
     * @param sums of the additions
     */
    private static Committed committed(
            Commit commit, Version head, Version before, String marks, List<?> replaced, List<?> sums, Page selected) {
        int effective = (int) marks.chars().filter(mark -> mark == '1').count();
        List<Mutation> mutations = commit.mutations();
        if (marks.length() != mutations.size()) {
            throw new MalformedDataException("marks of " + marks.length() + " mutations, not " + mutations.size());
        }
        @Nullable Change[] outcomes = new Change[mutations.size()];
        int[] next = {0};
        Predecessors predecessors = new Predecessors(() -> version(replaced, next[0]++));
        long first = head.revision() - effective + 1;
        if (first < 0) {
            throw new MalformedDataException("a head of " + head + " after " + effective + " changes");
        }
        long previousLink = before.link();
        int index = 0;
        int sum = 0;
        for (int i = 0; i < outcomes.length; i++) {
            Mutation mutation = mutations.get(i);
            Payload payload = mutation.payload();
            if (mutation instanceof Mutation.Add) {
                payload = Payload.ofInteger(integer(text(sums, sum++)));
            }
            if (marks.charAt(i) == '1') {
                Version version = new Version(head.epoch(), first + index, Versions.link(head.link(), index));
                String key = key(mutation, version);
                boolean deletes = mutation instanceof Mutation.Delete;
                outcomes[i] = new Change(
                        version,
                        previousLink,
                        key,
                        predecessors.replacedBy(key, deletes ? Version.ABSENT : version),
                        payload,
                        deletes ? Cause.DELETE : Cause.WRITE,
                        commit.request(),
                        index,
                        effective,
                        commit.headers(i));
                previousLink = version.link();
                index++;
            }
        }
        return new Committed(head, Arrays.asList(outcomes), selected);
    }

    private static String key(Mutation mutation, Version version) {
        if (mutation instanceof Mutation.Put put) {
            return put.key();
        }
        if (mutation instanceof Mutation.Add add) {
            return add.key();
        }
        return mutation instanceof Mutation.PutSequential put
                ? put.key(version.revision())
                : ((Mutation.Delete) mutation).key();
    }

    private static Conflict conflict(Commit commit, List<?> reply) {
        List<FailedCheck> failed = new ArrayList<>();
        List<?> checks = list(reply, 2);
        for (int i = 0; i < checks.size(); i++) {
            List<?> each = list(checks, i);
            long number = number(each, 0);
            if (number < 0 || number >= commit.checks().size()) {
                throw new MalformedDataException("no check has the number " + number);
            }
            Check check = commit.checks().get((int) number);
            if (check instanceof Check.Fence) {
                failed.add(new FailedCheck(check, null, version(each, 1)));
            } else {
                String key =
                        check instanceof Check.VersionIs versionIs ? versionIs.key() : ((Check.Exists) check).key();
                failed.add(new FailedCheck(check, each.size() == 1 ? null : entry(key, each, 1), null));
            }
        }
        return new Conflict(version(reply, 1), failed, selected(commit, list(reply, 3)));
    }

    private static Page selected(Commit commit, List<?> page) {
        return Selection.none().equals(commit.selection()) ? Page.NOTHING : page(page);
    }

    // --- entries ----------------------------------------------------------------------------------------------------

    private static Page page(List<?> page) {
        List<Entry> entries = new ArrayList<>(page.size() / 4);
        for (int i = 2; i < page.size(); i += 4) {
            entries.add(entry(KeyText.decode(bytes(page, i)), page, i + 1));
        }
        return new Page(version(page, 0), entries, number(page, 1) == 1);
    }

    private static Entry entry(String key, List<?> list, int at) {
        String lease = KeyText.decode(bytes(list, at + 2));
        return new Entry(key, Payload.ofBytes(bytes(list, at + 1)), version(list, at), lease.isEmpty() ? null : lease);
    }

    // --- parts ------------------------------------------------------------------------------------------------------

    static Version version(List<?> reply, int index) {
        return VersionText.parse(bytes(reply, index));
    }

    static String text(List<?> reply, int index) {
        return new String(bytes(reply, index), StandardCharsets.US_ASCII);
    }

    static long number(List<?> reply, int index) {
        if (index < reply.size() && reply.get(index) instanceof Long number) {
            return number;
        }
        throw new MalformedDataException("no number at place " + index + " of an answer");
    }

    private static long integer(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new MalformedDataException("no sum in an answer");
        }
    }

    static byte[] bytes(List<?> reply, int index) {
        if (index < reply.size() && reply.get(index) instanceof byte[] bytes) {
            return bytes;
        }
        throw new MalformedDataException("no text at place " + index + " of an answer");
    }

    static List<?> list(List<?> reply, int index) {
        if (index < reply.size() && reply.get(index) instanceof List<?> list) {
            return list;
        }
        throw new MalformedDataException("no list at place " + index + " of an answer");
    }
}
