package io.distsync.election;

import java.time.Duration;

/**
 * What the store has of the leader, and of each candidate who waits.
 *
 * @param id of the candidacy
 * @param owner for people: the process it is in
 * @param failBackMillis after how long in the line it wants to lead instead of somebody of a lower priority; negative: never
 * @param sinceMillis when this was written, by the clock of its machine; for people
 */
record Member(String id, String owner, int priority, long failBackMillis, long sinceMillis) {

    boolean wantsFailBack() {
        return failBackMillis >= 0;
    }

    long failBackNanos() {
        return Duration.ofMillis(failBackMillis).toNanos();
    }
}
