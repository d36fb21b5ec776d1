package io.distsync.backend.support;

import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a topic in the order of their keys. Most topics have one entry for ever: it is kept without a map, and
 * found without a search. Not thread-safe.
 */
final class Slots {

    /** The only entry, or with a map the one found last. */
    private @Nullable Slot recent;

    /** All entries, as soon as there was a second one. */
    private @Nullable NavigableMap<String, Slot> map;

    @Nullable
    Slot get(String key) {
        Slot last = recent;
        if (last != null && last.key.equals(key)) {
            return last;
        }
        Slot found = map == null ? null : map.get(key);
        if (found != null) {
            recent = found;
        }
        return found;
    }

    void add(Slot slot) {
        if (recent != null && map == null) {
            all();
        }
        recent = slot;
        if (map != null) {
            map.put(slot.key, slot);
        }
    }

    void remove(Slot slot) {
        recent = null;
        if (map != null) {
            map.remove(slot.key);
        }
    }

    /** All entries as a map. */
    NavigableMap<String, Slot> all() {
        NavigableMap<String, Slot> all = map;
        if (all == null) {
            all = new TreeMap<>();
            if (recent != null) {
                all.put(recent.key, recent);
            }
            map = all;
        }
        return all;
    }
}
