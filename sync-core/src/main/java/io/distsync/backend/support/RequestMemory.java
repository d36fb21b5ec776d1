package io.distsync.backend.support;

import io.distsync.backend.RequestId;
import java.util.Arrays;

/**
 * Tells at which revision a request was committed, for the requests the log still holds. Not thread-safe.
 *
 * <p>An open-addressing table of primitive longs: nothing on the hot path is allocated, and no reference is written
 * that the garbage collector would have to track. Entries are not removed one by one; those older than the log are
 * dropped when the table is rebuilt, and until then fail the caller's look into the log.
 */
final class RequestMemory {

    private static final int SENDER = 0;
    private static final int SEQUENCE = 1;
    private static final int REVISION = 2;
    private static final int WIDTH = 3;
    private static final int NOWHERE = -1;
    private static final int INITIAL_CAPACITY = 2;
    private static final long[] NOTHING = {};

    /** Slots of {@value #WIDTH} longs; revision 0 marks a free one. */
    private long[] table = NOTHING;

    /** The table before the last rebuild, if it has the same size. */
    private long[] spare = NOTHING;

    private int used;

    /**
     * Looks for a request. The answer is for {@link #revision} and, if nothing was remembered in between, {@link
     * #remember}: so a commit looks once.
     */
    int find(RequestId request) {
        return table.length == 0 ? NOWHERE : slot(request.sender(), request.sequence());
    }

    /** The first revision of the commit found, or 0 if the request is not known. */
    long revision(int found) {
        return found == NOWHERE ? 0 : table[found + REVISION];
    }

    /** Remembers a request that was looked for and not known. */
    void remember(int found, RequestId request, long revision, long oldestRevision) {
        if ((used + 1) * 4 > table.length / WIDTH * 3) {
            rebuild(oldestRevision);
            put(slot(request.sender(), request.sequence()), request.sender(), request.sequence(), revision);
        } else {
            put(found, request.sender(), request.sequence(), revision);
        }
    }

    private void put(int slot, long sender, long sequence, long revision) {
        table[slot + SENDER] = sender;
        table[slot + SEQUENCE] = sequence;
        table[slot + REVISION] = revision;
        used++;
    }

    /** Offset of the slot that holds the request, or of the free one where it belongs. */
    private int slot(long sender, long sequence) {
        int mask = table.length / WIDTH - 1;
        // The sequence of one sender counts up: neighbours in time become neighbours in memory.
        int index = (int) (sequence + (sender ^ (sender >>> 32))) & mask;
        while (true) {
            int slot = index * WIDTH;
            if (table[slot + REVISION] == 0 || (table[slot + SENDER] == sender && table[slot + SEQUENCE] == sequence)) {
                return slot;
            }
            index = (index + 1) & mask;
        }
    }

    /**
     * Keeps what the log still holds, in a table with room for as much again. A table of the size wanted is reused: a hot
     * topic comes here every few hundred commits.
     */
    private void rebuild(long oldestRevision) {
        long[] old = table;
        int live = 0;
        for (int slot = 0; slot < old.length; slot += WIDTH) {
            live += isLive(old, slot, oldestRevision) ? 1 : 0;
        }
        int capacity = INITIAL_CAPACITY;
        while (capacity < live * 2 + 1) {
            capacity *= 2;
        }
        if (spare.length == capacity * WIDTH) {
            table = spare;
            Arrays.fill(table, 0);
        } else {
            table = new long[capacity * WIDTH];
        }
        spare = old.length == table.length ? old : NOTHING;
        used = 0;
        for (int slot = 0; slot < old.length; slot += WIDTH) {
            if (isLive(old, slot, oldestRevision)) {
                long sender = old[slot + SENDER];
                long sequence = old[slot + SEQUENCE];
                put(slot(sender, sequence), sender, sequence, old[slot + REVISION]);
            }
        }
    }

    private static boolean isLive(long[] table, int slot, long oldestRevision) {
        return table[slot + REVISION] != 0 && table[slot + REVISION] >= oldestRevision;
    }
}
