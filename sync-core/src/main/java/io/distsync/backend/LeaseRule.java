package io.distsync.backend;

import io.distsync.version.Limits;
import java.time.Duration;

/** What a write does to the lease of its entry. */
public sealed interface LeaseRule {

    /** The entry keeps the lease it has, if any, with the time it has left. */
    record Keep() implements LeaseRule {
        private static final Keep INSTANCE = new Keep();
    }

    /** The entry has no lease afterwards. */
    record None() implements LeaseRule {
        private static final None INSTANCE = new None();
    }

    /** The entry has this lease afterwards, with its full time to live. */
    record Set(String id, long ttlMillis) implements LeaseRule {
        public Set {
            if (id.isEmpty() || id.length() > Limits.MAX_KEY_LENGTH) {
                throw new IllegalArgumentException(
                        "lease id must have 1 to " + Limits.MAX_KEY_LENGTH + " characters, but has " + id.length());
            }
            Limits.checkLease(Duration.ofMillis(ttlMillis));
        }
    }

    static LeaseRule keep() {
        return Keep.INSTANCE;
    }

    static LeaseRule none() {
        return None.INSTANCE;
    }

    static LeaseRule set(String id, Duration ttl) {
        return new Set(id, Limits.checkLease(ttl));
    }
}
