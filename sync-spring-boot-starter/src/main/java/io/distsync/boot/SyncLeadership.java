package io.distsync.boot;

import io.distsync.election.LeaderTerm;
import java.util.Optional;

/** Knows the elections of {@link LeaderOnly} methods. Safe to share between threads. */
public interface SyncLeadership {

    /** The term of this process, while it leads for certain; empty also if no method names the election. Does no I/O. */
    Optional<LeaderTerm> term(String election);

    /**
     * The term the innermost {@link LeaderOnly} method of this thread was called in. It may be over by now.
     *
     * @throws IllegalStateException if this thread is in no such method
     */
    LeaderTerm current();
}
