package io.distsync.boot;

import io.distsync.election.LeaderTerm;

/**
 * The event that this process leads in an election of a {@link LeaderOnly} method. Listeners are called as {@link
 * io.distsync.election.LeadershipListener#elected} is: if one throws, the term ends.
 */
public record LeadershipGranted(LeaderTerm term) {

    public String election() {
        return term.election();
    }
}
