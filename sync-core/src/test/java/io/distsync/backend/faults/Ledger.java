package io.distsync.backend.faults;

import java.util.Map;
import java.util.TreeMap;

/**
 * The state of the runs: who wrote it, and how often each worker has added to it, so that every update that was applied
 * can be counted in the log and in the state.
 *
 * @param by the id of the write that made it, of which there is only one
 * @param counts updates by worker; an overwrite begins anew
 */
record Ledger(String by, Map<String, Long> counts) {

    static final Ledger EMPTY = new Ledger("", Map.of());

    Ledger {
        counts = Map.copyOf(counts);
    }

    /** What an update of this worker makes of it. */
    Ledger plus(String worker, String id) {
        Map<String, Long> more = new TreeMap<>(counts);
        more.merge(worker, 1L, Long::sum);
        return new Ledger(id, more);
    }
}
