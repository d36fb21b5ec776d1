package io.distsync.backend.redis;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Selection;
import io.distsync.backend.TopicOptions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The commits that have scripts of their own, as far as the commit itself can tell: the scripts look at the topic. */
enum CommonCommit {
    /** Puts of entries without a lease, compared by version; nothing is selected. */
    PUTS,

    /** Entries of a queue go and come, and the last ones are selected. */
    OF_A_QUEUE,

    NONE;

    /** More are read by the general script, which stops when a page is large enough. */
    private static final int LONGEST_PAGE = 64;

    static CommonCommit of(Commit commit) {
        if (commit.mutations().isEmpty() || commit.options().retention().ageMillis() > 0) {
            return NONE;
        }
        if (isOfAQueue(commit)) {
            return OF_A_QUEUE;
        }
        return onlyPuts(commit) ? PUTS : NONE;
    }

    private static boolean onlyPuts(Commit commit) {
        TopicOptions options = commit.options();
        return commit.selection() == Selection.none()
                && !options.isTimed()
                && commit.checks().stream().allMatch(check -> check instanceof Check.VersionIs)
                && commit.mutations().stream()
                        .allMatch(mutation ->
                                mutation instanceof Mutation.Put && !(mutation.lease() instanceof LeaseRule.Set));
    }

    /**
     * Certain versions are deleted, and nothing else is checked; then entries with leases are put. A sender that knows nothing
     * of the topic yet most often is about to create it.
     */
    private static boolean isOfAQueue(Commit commit) {
        if (commit.known().isAbsent()) {
            return false;
        }
        List<Mutation> mutations = commit.mutations();
        List<Check> checks = commit.checks();
        Set<String> deleted = new HashSet<>();
        for (int i = 0; i < checks.size(); i++) {
            if (i == mutations.size() || !deletes(checks.get(i), mutations.get(i), deleted)) {
                return false;
            }
        }
        return comeLast(mutations.subList(checks.size(), mutations.size()), commit.selection());
    }

    private static boolean deletes(Check check, Mutation mutation, Set<String> deleted) {
        return mutation instanceof Mutation.Delete delete
                && !delete.key().isEmpty()
                && deleted.add(delete.key())
                && check instanceof Check.VersionIs versionIs
                && versionIs.key().equals(delete.key())
                && !versionIs.version().isAbsent();
    }

    private static boolean comeLast(List<Mutation> puts, Selection selection) {
        if (puts.isEmpty()) {
            return selection == Selection.none();
        }
        if (!(puts.get(0) instanceof Mutation.PutSequential first)) {
            return false;
        }
        boolean alike = puts.stream()
                .allMatch(mutation -> mutation instanceof Mutation.PutSequential put
                        && put.lease() instanceof LeaseRule.Set
                        && put.prefix().equals(first.prefix()));
        return alike
                && (selection == Selection.none()
                        || (isCommon(selection)
                                && selection instanceof Selection.Range range
                                && range.after() == null
                                && range.order() == Selection.Order.DESCENDING
                                && first.prefix().startsWith(range.prefix())));
    }

    /** Whether a read may be tried with the script for common ones. */
    static boolean isCommon(Selection selection) {
        return selection instanceof Selection.Range range
                ? range.limit() <= LONGEST_PAGE && !range.prefix().isEmpty()
                : selection != Selection.none()
                        && ((Selection.Keys) selection).keys().size() <= LONGEST_PAGE;
    }
}
