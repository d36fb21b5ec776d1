package io.distsync.backend.support;

import io.distsync.version.Version;
import java.util.Arrays;

/**
 * The links of the last few versions that were delivered, to tell a repetition from a rewind without asking anybody. A
 * table with one slot for each revision modulo its size: what is overwritten is merely not known any more.
 */
final class RecentLinks {

    private final long[] slots; // revision and link side by side; revision 0 was never given out
    private final int mask;

    /** @param size a power of two */
    RecentLinks(int size) {
        if (Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("size must be a power of two, but is " + size);
        }
        slots = new long[2 * size];
        mask = size - 1;
    }

    void add(Version version) {
        int slot = slot(version);
        slots[slot] = version.revision();
        slots[slot + 1] = version.link();
    }

    /** The link is proof enough: it hashes the epoch too. */
    boolean contains(Version version) {
        int slot = slot(version);
        return version.revision() != 0 && slots[slot] == version.revision() && slots[slot + 1] == version.link();
    }

    void clear() {
        Arrays.fill(slots, 0);
    }

    private int slot(Version version) {
        return 2 * ((int) version.revision() & mask);
    }
}
