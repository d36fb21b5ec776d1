package io.distsync;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A few things that come and go, from any thread; takes no room while there are none. */
final class Members<E> {

    private @Nullable Set<E> present;

    synchronized void add(E member) {
        Set<E> all = present;
        if (all == null) {
            all = new HashSet<>(2);
            present = all;
        }
        all.add(member);
    }

    synchronized void remove(E member) {
        Set<E> all = present;
        if (all != null && all.remove(member) && all.isEmpty()) {
            present = null;
        }
    }

    synchronized List<E> list() {
        return present == null ? List.of() : List.copyOf(present);
    }
}
