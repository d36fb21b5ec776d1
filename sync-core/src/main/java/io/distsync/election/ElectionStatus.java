package io.distsync.election;

import io.distsync.lease.FencingToken;
import org.jspecify.annotations.Nullable;

/**
 * What is known here of one election.
 *
 * @param leader as last known; {@code null} if there is none
 * @param term the token of this process's term, if it leads for certain
 */
public record ElectionStatus(
        String name, @Nullable Leader leader, @Nullable FencingToken term) {

    /** The same, with what is missing as another part of this process knows it. */
    ElectionStatus or(ElectionStatus other) {
        return new ElectionStatus(name, leader == null ? other.leader : leader, term == null ? other.term : term);
    }
}
