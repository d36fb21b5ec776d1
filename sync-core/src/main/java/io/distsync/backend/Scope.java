package io.distsync.backend;

import io.distsync.version.Limits;
import java.util.Set;

/** What a follower wants to be told. */
public sealed interface Scope {

    /** All entries: a snapshot, then every change. */
    record Entries() implements Scope {
        private static final Entries INSTANCE = new Entries();
    }

    /** The changes only. */
    record Log() implements Scope {
        private static final Log INSTANCE = new Log();
    }

    /** These keys only: a snapshot of them, then their changes; a change of another key does not wake the follower. */
    record Keys(Set<String> keys) implements Scope {
        public Keys {
            keys = Set.copyOf(keys);
            keys.forEach(Limits::checkKey);
            if (keys.isEmpty() || keys.size() > Limits.MAX_PAGE) {
                throw new IllegalArgumentException(
                        "a follower of keys needs 1 to " + Limits.MAX_PAGE + " of them, but got " + keys.size());
            }
        }
    }

    static Scope entries() {
        return Entries.INSTANCE;
    }

    static Scope log() {
        return Log.INSTANCE;
    }

    static Scope keys(Set<String> keys) {
        return new Keys(keys);
    }
}
