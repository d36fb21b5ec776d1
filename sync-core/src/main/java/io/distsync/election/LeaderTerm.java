package io.distsync.election;

import io.distsync.lease.FencingToken;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * One time of being the leader. Once it is over it stays so; who is elected again has another one. Safe to share between
 * threads.
 */
public interface LeaderTerm {

    /** The election. */
    String election();

    /** Larger than those of all terms before it; what takes effect elsewhere should be checked against it. */
    FencingToken token();

    /**
     * Whether this process is the leader for certain, by its monotonic clock: false before the store may elect somebody else,
     * and for ever then. Does not wait for anything.
     */
    boolean isValid();

    /** For how long it is valid if it is not renewed; zero if it is not valid. Renewal goes on by itself. */
    Duration remaining();

    /**
     * Calls back once when the term is over, for whatever reason, and at once if it is over already; also while {@link
     * LeadershipListener#elected} has not returned. On a thread made for it: a slow callback delays no other.
     */
    void onLost(Consumer<RevocationReason> callback);
}
