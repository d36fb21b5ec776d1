package io.distsync.backend;

import java.time.Duration;
import java.util.Map;

/**
 * One store under test, new for each case or shared with others: every case uses topics of its own.
 *
 * <p>The methods that stand for a {@link Capability} are called only if it is not {@link #lacking()}.
 */
public interface BackendFixture extends AutoCloseable {

    /**
     * Opens a client of the store; the suite closes it. A further call opens another one ({@link
     * Capability#SECOND_CLIENT}).
     */
    SyncBackend open();

    /** Every capability this fixture has not, each with the reason; its cases are reported as skipped. */
    Map<Capability, String> lacking();

    /** How often the store looks for due entries: an expiry is a change within its time to live and twice this. */
    default Duration sweep() {
        return Duration.ofMillis(500);
    }

    /**
     * How many changes have to follow for a change to leave log and request memory for certain, in a topic that retains
     * so many; a store may keep more than it has to.
     */
    default long forgottenAfter(long retained) {
        return 2 * retained;
    }

    /** How much longer than its idle time a store that looks twice keeps a topic, if it has time to look in between. */
    default Duration secondLook() {
        return Duration.ZERO;
    }

    /** Moves the store's time forward ({@link Capability#TIME}). */
    default void advance(Duration time) {
        throw lacks(Capability.TIME);
    }

    /** Sets the wall clocks of store and clients forward or back ({@link Capability#WALL_CLOCK}). */
    default void jumpWallClock(Duration time) {
        throw lacks(Capability.WALL_CLOCK);
    }

    /** Closes the connection of a client and lets it open no other ({@link Capability#CONNECTION}). */
    default void cut(SyncBackend client) {
        throw lacks(Capability.CONNECTION);
    }

    /** Leaves the connection of a client open and carries nothing over it ({@link Capability#SILENCE}). */
    default void silence(SyncBackend client) {
        throw lacks(Capability.SILENCE);
    }

    /** Ends {@link #cut} and {@link #silence}. */
    default void heal(SyncBackend client) {
        throw lacks(Capability.CONNECTION);
    }

    /** The store carries out the next commit of this client, whose reply is lost ({@link Capability#LOST_REPLY}). */
    default void loseNextReply(SyncBackend client) {
        throw lacks(Capability.LOST_REPLY);
    }

    /** The store refuses the next commit of this client for a passing reason ({@link Capability#REFUSAL}). */
    default void refuseNext(SyncBackend client) {
        throw lacks(Capability.REFUSAL);
    }

    /** Restarts the store; nothing is lost ({@link Capability#RESTART}). */
    default void restart() {
        throw lacks(Capability.RESTART);
    }

    /** Remembers the store as it is; the task returned brings it back to that ({@link Capability#REWIND}). */
    default Runnable remember() {
        throw lacks(Capability.REWIND);
    }

    /** Loses the entries of a topic ({@link Capability#LOSE_STATE}). */
    default void loseState(String topic) {
        throw lacks(Capability.LOSE_STATE);
    }

    /** Loses the log of a topic ({@link Capability#LOSE_LOG}). */
    default void loseLog(String topic) {
        throw lacks(Capability.LOSE_LOG);
    }

    /** Whether changes that the log has lost may still come, from what carries them besides. Then nothing is lost, and no reset due. */
    default boolean broadcastOutlastsTheLog() {
        return false;
    }

    /** Loses all of a topic ({@link Capability#LOSE_TOPIC}). */
    default void loseTopic(String topic) {
        throw lacks(Capability.LOSE_TOPIC);
    }

    /** Empties the caches of the store ({@link Capability#FLUSH_CACHES}). */
    default void flushCaches() {
        throw lacks(Capability.FLUSH_CACHES);
    }

    /** Puts data of a foreign kind where the topic should be ({@link Capability#FOREIGN_DATA}). */
    default void plantForeignData(String topic) {
        throw lacks(Capability.FOREIGN_DATA);
    }

    /** Puts data of an unknown layout version where the topic should be ({@link Capability#UNKNOWN_LAYOUT}). */
    default void plantUnknownLayout(String topic) {
        throw lacks(Capability.UNKNOWN_LAYOUT);
    }

    /** Checks, after the clients were closed, that nothing of them is left, and frees the store. */
    @Override
    void close();

    private static UnsupportedOperationException lacks(Capability capability) {
        return new UnsupportedOperationException(
                capability + " is neither implemented by this fixture nor listed as lacking");
    }
}
