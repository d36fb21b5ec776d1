package io.distsync.boot;

import io.distsync.election.LeaderTerm;
import io.distsync.election.RevocationReason;

/**
 * The event that a term is over. Comes once for each {@link LeadershipGranted}, after its listeners have returned; while
 * those of this one are called, this process does not stand for election.
 */
public record LeadershipRevoked(LeaderTerm term, RevocationReason reason) {

    public String election() {
        return term.election();
    }
}
