package io.distsync.backend;

import io.distsync.version.Version;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A store of topics: small, independently ordered keyspaces, each with a log of its changes.
 *
 * <p>Five operations carry everything distsync offers; a new ability is added as a default method or a second
 * interface, never as a sixth abstract method. All of them are safe to call from any thread, none of them blocks. A
 * stage may complete on the calling thread (the local backend always does) or on a thread of the client library, so a
 * dependent action must be short and must not block.
 *
 * <p><b>Failures.</b> A stage fails with a {@link io.distsync.error.NotAppliedException} when this attempt certainly
 * had no effect, with an {@link io.distsync.error.OutcomeUnknownException} when it may have had one. A backend makes
 * one attempt for each call and never retries by itself: repeating the same {@link Commit} is the caller's business
 * and harmless, because the store remembers the outcome of each request id. Malformed arguments are {@link
 * IllegalArgumentException}s, thrown before any I/O.
 *
 * <p><b>Order.</b> Commits of one topic are linearizable, reads included. A commit is atomic with its broadcast: at no
 * moment, crash included, is a state committed whose change will never reach the followers. Nothing is promised
 * between two topics.
 */
public interface SyncBackend extends AutoCloseable {

    /**
     * Reads entries as of one moment (linearizable). Costs what it returns, not what the topic holds. Several pages of
     * a range are read at several moments; they add up to a consistent state with the changes since the first page's
     * head, each applied only where it is newer than the entry held.
     */
    CompletionStage<Page> read(String topic, Selection selection);

    /** Applies all of the commit, or nothing of it. See {@link Commit} and {@link CommitResult}. */
    CompletionStage<CommitResult> commit(Commit commit);

    /**
     * Returns the changes after a position, oldest first, as {@link History.Changes}; or {@link History.Gone} if that
     * position was trimmed, lies ahead of the log, or is not on the present chain of links. A page holds whole commits
     * only: at most {@code limit} changes, except that a single commit is never cut.
     *
     * @param after {@link Version#ABSENT} for the beginning of the topic
     */
    CompletionStage<History> history(String topic, Version after, int limit);

    /**
     * Calls the listener with what happens in the topic after the position, until the subscription is closed. Returns
     * at once; what cannot be reached now is waited for, and {@link FeedState} says so.
     *
     * @param after where to go on; {@link Version#ABSENT} asks for a snapshot first (scopes entries and keys) or for
     *     the log from its beginning (scope log)
     */
    Subscription follow(String topic, Version after, Scope scope, ChangeListener listener);

    /**
     * Gives each lease its full time to live again, without a change, and returns those that are gone: expired,
     * deleted, replaced or never granted. A lease that is due is gone, even if its expiry was not yet noticed.
     */
    CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases);

    /**
     * The version that a mutation of a commit is going to have if the commit is the next thing to happen to a topic whose
     * newest version is {@code head}, and each of its mutations has an effect; or {@code null} if that cannot be told. A
     * commit can so be built on one that is under way: no history but the foreseen one ever has that version, so a check
     * of it fails unless things went as foreseen. Must not block.
     *
     * @param mutation its place in the commit, from 0
     */
    default @Nullable Version foresee(Version head, Commit commit, int mutation) {
        return null;
    }

    /** What the service needs to know of this store before it sends anything; must not block. */
    default BackendInfo info() {
        return BackendInfo.of(getClass().getSimpleName());
    }

    /** Ends every subscription and frees what the backend owns. Operations after that fail as not applied. */
    @Override
    void close();
}
