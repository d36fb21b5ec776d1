package io.distsync.election;

import java.util.Optional;

/** One candidate's part in an election, from joining to closing. Safe to share between threads. */
public interface Candidacy extends AutoCloseable {

    /** The election. */
    String election();

    /** Whether this candidate leads for certain ({@link LeaderTerm#isValid()}). Does not wait for anything. */
    boolean isLeader();

    /** The term, while it is valid. */
    Optional<LeaderTerm> term();

    /**
     * Ends the term, if there is one, and goes on as the last candidate of its priority. So the next one is elected; or this one
     * again, if all others have a lower priority or there is none. Does not wait.
     */
    void resign();

    /**
     * Ends the term, if there is one, and leaves the election, so that the next candidate is elected at once. Waits for {@code
     * revoked} and for the store, for five seconds at most; not in a callback of its own listener. Never throws; closing twice
     * is harmless.
     */
    @Override
    void close();
}
