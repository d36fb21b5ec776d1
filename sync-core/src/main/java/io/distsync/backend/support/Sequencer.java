package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.History;
import io.distsync.backend.Page;
import io.distsync.version.Version;
import java.util.List;

/**
 * The gate every change passes before a follower is told of it: what comes late, twice, out of order, with holes or
 * from a rewound history goes in, whole commits in the order of the topic come out.
 *
 * <p>A sequencer is a plain state machine: no I/O, no threads, no clock, no lock. One thread at a time may use it, and
 * its {@link Output} must not call back before the step that called it has returned.
 */
/*
 * How it decides. A number alone proves nothing: after a rewind the same numbers come back with other contents. The link
 * of a change hashes the whole history up to it, so "its previous link is my link" proves that nothing is missing
 * between the two, whatever their epochs are. Everything that this does not settle, and that is not known to be a
 * repetition, is put to the one witness that knows the present history: the store's log, asked for what follows our
 * position. Its answer is either a chain that starts at our position (then whatever looked odd was late, doubled or a
 * relic of a history that is gone), or Gone (then we are the relic). A reset therefore never follows from a message
 * alone, which may be older than we are; it follows from the log.
 *
 *   change                                                 what happens
 *   links to the position, whole commit                    delivered
 *   links to the position, part of a commit                held until the rest is there
 *   version and link were delivered lately                 dropped
 *   newer than the position, does not link                 held; the log is asked (hole, or a newer epoch)
 *   not newer than the position, link not known            the log is asked (old duplicate, relic, or a rewind)
 *
 *   head seen by a check
 *   our position                                           nothing
 *   anything else                                          the log is asked
 *
 * Only an answer to a question put after the doubt arose may settle it: what arrives while an answer is awaited is
 * remembered ("doubt") and leads to another question. Conversely, what arrived before the question and is still not
 * explained once the answer has been applied up to its head belongs to no present history and is dropped; this keeps a
 * relic from being asked about for ever.
 *
 * The idea of a position that the client holds, a log that answers "compacted", and a snapshot as the way back is
 * etcd's watch (etcd.io/docs, "Watch": ordered, reliable, atomic; a compacted start revision cancels the watch) and
 * that of Kafka consumers (OFFSET_OUT_OF_RANGE). The link is what both lack: they cannot see a rewind that was written
 * past (KIP-320 gives Kafka's positions an epoch for the same reason).
 */
interface Sequencer {

    /** Where a sequencer stands. */
    enum Phase {
        /** Has no position that counts. */
        DETACHED,

        /** Awaits an answer of the log. */
        FILLING,

        SETTLED
    }

    /** Where a sequencer's decisions go. */
    interface Output {

        /** The next commit, as far as it is in scope; the last argument is never changed afterwards. */
        void deliver(List<Change> commit);

        /** Asks for the history after a position; the answer goes to {@link Sequencer#page}. Never two at a time. */
        void fill(Version after);

        /**
         * The position is not on the present chain, or the log does not reach back to it. The sequencer holds what
         * comes until {@link Sequencer#resume} or a snapshot gives it a new position.
         */
        void reset(Version from, History.Gone seen);
    }

    /**
     * Takes changes from the live feed: a commit, part of one, or several; in any order. The list belongs to the
     * sequencer and its output from now on.
     */
    void live(List<Change> changes);

    /**
     * Takes a commit that does not link to what the feed brought before it, with all its changes. Who sees all of the topic
     * finds out by itself.
     */
    default void liveAfterGap(List<Change> commit) {
        live(commit);
    }

    /** Takes the topic's head, as a check of the store saw it at some earlier moment. */
    void head(Version head);

    /** Something may have been missed: asks the log for what follows the position. */
    void verify();

    /**
     * Takes the answer to the last {@link Output#fill}.
     *
     * @return false if the page does not continue where it was asked to; it was not used, and the same question has to
     *     be put again
     */
    boolean page(History page);

    /**
     * A snapshot is about to be read; what came so far will be in it.
     *
     * @param attached whether the live feed is attached, so that it will bring what the snapshot has not
     */
    void awaitSnapshot(boolean attached);

    /** Whether the page, read after a reset, proves that nothing happened in scope since the last delivery. */
    boolean confirmedBy(Page page);

    /** Takes a page of a snapshot; after the last one the sequencer goes on from the head of the first. */
    void snapshot(Page page);

    /** Goes on from a position without a snapshot. */
    void resume(Version position);

    /** The last change delivered, or where it was told to begin. */
    Version position();

    /** Whether nothing is being waited for: no snapshot, no answer of the log. */
    boolean settled();
}
