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
    private static final int INITIAL_CAPACITY = 4;

    /** Slots of {@value #WIDTH} longs; revision 0 marks a free one. */
    private long[] table = new long[0];

    private int used;

    /** The first revision of the request's commit, or 0 if it is not known. */
    long revision(RequestId request) {
        if (used == 0) {
            return 0;
        }
        int slot = slot(request.sender(), request.sequence());
        return table[slot + REVISION];
    }

    /** Remembers a request that is not yet known. */
    void remember(RequestId request, long revision, long oldestRevision) {
        if ((used + 1) * 2 > table.length / WIDTH) {
            rebuild(oldestRevision);
        }
        put(request.sender(), request.sequence(), revision);
    }

    private void put(long sender, long sequence, long revision) {
        int slot = slot(sender, sequence);
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

    /** Keeps what the log still holds, in a table with room for as much again. */
    private void rebuild(long oldestRevision) {
        long[] old = table;
        int live = 0;
        for (int slot = 0; slot < old.length; slot += WIDTH) {
            live += old[slot + REVISION] >= oldestRevision ? 1 : 0;
        }
        int capacity = INITIAL_CAPACITY;
        while (capacity < live * 4) {
            capacity *= 2;
        }
        if (capacity * WIDTH == old.length) {
            old = old.clone();
            Arrays.fill(table, 0);
        } else {
            table = new long[capacity * WIDTH];
        }
        used = 0;
        for (int slot = 0; slot < old.length; slot += WIDTH) {
            if (old[slot + REVISION] >= oldestRevision && old[slot + REVISION] != 0) {
                put(old[slot + SENDER], old[slot + SEQUENCE], old[slot + REVISION]);
            }
        }
    }
}
