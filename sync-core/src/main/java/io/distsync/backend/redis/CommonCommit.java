package io.distsync.backend.redis;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Selection;
import io.distsync.backend.TopicOptions;
import java.util.List;

/** The commits that have scripts of their own, as far as the commit itself can tell: the scripts look at the topic. */
enum CommonCommit {
    /** Puts of entries without a lease, compared by version; nothing is selected. */
    PUTS,

    /** One entry of a queue comes or goes, and its neighbours are selected. */
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

    /** A sender that knows nothing of the topic yet most often is about to create it. */
    private static boolean isOfAQueue(Commit commit) {
        if (commit.mutations().size() != 1 || commit.known().isAbsent()) {
            return false;
        }
        Mutation mutation = commit.mutations().get(0);
        List<Check> checks = commit.checks();
        if (mutation instanceof Mutation.PutSequential put) {
            return put.lease() instanceof LeaseRule.Set && checks.isEmpty() && isOfNewest(commit.selection(), put);
        }
        return mutation instanceof Mutation.Delete delete
                && !delete.key().isEmpty()
                && checks.size() == 1
                && checks.get(0) instanceof Check.VersionIs check
                && check.key().equals(delete.key())
                && !check.version().isAbsent()
                && (commit.selection() == Selection.none() || isShort(commit.selection()));
    }

    private static boolean isOfNewest(Selection selection, Mutation.PutSequential put) {
        return selection == Selection.none()
                || (isShort(selection)
                        && selection instanceof Selection.Range range
                        && range.order() == Selection.Order.DESCENDING
                        && range.prefix().equals(put.prefix()));
    }

    private static boolean isShort(Selection selection) {
        return selection instanceof Selection.Range range && range.after() == null && isCommon(range);
    }

    /** Whether a read may be tried with the script for common ones. */
    static boolean isCommon(Selection selection) {
        return selection instanceof Selection.Range range
                ? range.limit() <= LONGEST_PAGE && !range.prefix().isEmpty()
                : selection != Selection.none()
                        && ((Selection.Keys) selection).keys().size() <= LONGEST_PAGE;
    }
}
