package io.distsync.backend.support;

import io.distsync.version.Version;
import java.util.Arrays;

/**
 * The links of the last few versions that were delivered, to tell a repetition from a rewind without asking anybody. A
 * table with one slot for each revision modulo its size: what is overwritten is merely not known any more.
 */
final class RecentLinks {

    private static final int FIRST_SIZE = 4;

    private final int size;

    /** Revision and link side by side; revision 0 was never given out. Grows to its size as links come in. */
    private long[] slots = new long[2 * FIRST_SIZE];

    private int added;

    /**
     * An empty table.
     *
     * @param size a power of two, at least 4
     */
    RecentLinks(int size) {
        if (Integer.bitCount(size) != 1 || size < FIRST_SIZE) {
            throw new IllegalArgumentException(
                    "size must be a power of two from " + FIRST_SIZE + " on, but is " + size);
        }
        this.size = size;
    }

    void add(Version version) {
        if (added < size && ++added * 2 > slots.length) {
            grow();
        }
        put(version.revision(), version.link());
    }

    private void put(long revision, long link) {
        int slot = slot(revision);
        slots[slot] = revision;
        slots[slot + 1] = link;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[2 * old.length];
        for (int slot = 0; slot < old.length; slot += 2) {
            if (old[slot] != 0) {
                put(old[slot], old[slot + 1]);
            }
        }
    }

    /** The link is proof enough: it hashes the epoch too. */
    boolean contains(Version version) {
        int slot = slot(version.revision());
        return version.revision() != 0 && slots[slot] == version.revision() && slots[slot + 1] == version.link();
    }

    void clear() {
        Arrays.fill(slots, 0);
    }

    private int slot(long revision) {
        return 2 * ((int) revision & (slots.length / 2 - 1));
    }
}
