package io.distsync.sample;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of the sample as the HTTP API shows them.
 *
 * @param node the node that answers
 * @param status {@code CURRENT}, {@code STALE} or {@code RESYNCING}: how far its list can be trusted
 */
record ClusterView(String node, String status, List<Node> nodes) {

    /**
     * What a node says of itself. Points in time are by its own clock, in ISO 8601.
     *
     * @param status {@code UP}, {@code DRAINING} or {@code DOWN}
     * @param leaderSince {@code null} if it does not lead
     * @param lock {@code null} if it has never asked for the lock
     */
    record Node(
            String name,
            String host,
            int port,
            String status,
            @Nullable String startedAt,
            @Nullable String leaderSince,
            @Nullable LockPart lock) {}

    /**
     * What a node had to do last with the lock of the demonstration.
     *
     * @param state {@code WAITING}, {@code HELD}, {@code RELEASED}, {@code LOST} or {@code NOT_GRANTED}
     * @param token of the grant; empty if there was none
     * @param at when it will be given back if it is held, else since when this is the state
     */
    record LockPart(String state, String token, String at) {}
}
