package io.distsync.backend;

import io.distsync.version.Limits;
import org.jspecify.annotations.Nullable;

/** One step of a commit. */
public sealed interface Mutation {

    /** What this mutation stores, or {@code null} if it brings no payload of its own. */
    default @Nullable Payload payload() {
        return null;
    }

    /** What this mutation does to the lease of its entry. */
    LeaseRule lease();

    /** Writes the entry; always uses a revision. */
    record Put(String key, Payload payload, LeaseRule lease) implements Mutation {
        public Put {
            Limits.checkKey(key);
        }
    }

    /**
     * Writes a new entry whose key is the prefix and the revision of this very change, zero-padded to {@link
     * Limits#SEQUENCE_DIGITS} digits, so that keys sort in commit order.
     */
    record PutSequential(String prefix, Payload payload, LeaseRule lease) implements Mutation {
        public PutSequential {
            if (prefix.length() > Limits.MAX_KEY_LENGTH - Limits.SEQUENCE_DIGITS) {
                throw new IllegalArgumentException("prefix of a sequential key must have at most "
                        + (Limits.MAX_KEY_LENGTH - Limits.SEQUENCE_DIGITS) + " characters, but has " + prefix.length());
            }
        }

        /** The key this mutation gets at a revision. */
        public String key(long revision) {
            String digits = Long.toString(revision);
            return prefix + "0".repeat(Limits.SEQUENCE_DIGITS - digits.length()) + digits;
        }
    }

    /** Removes the entry and its lease; on an absent entry it has no effect and uses no revision. */
    record Delete(String key) implements Mutation {
        public Delete {
            Limits.checkKey(key);
        }

        @Override
        public LeaseRule lease() {
            return LeaseRule.none();
        }
    }

    /**
     * Adds to a decimal integer, which starts at 0 where absent. Never conflicts; its change carries the result. The
     * commit is rejected if the entry holds something else, or if the result leaves ±{@link Limits#MAX_INTEGER}.
     */
    record Add(String key, long delta, LeaseRule lease) implements Mutation {
        public Add {
            Limits.checkKey(key);
        }
    }

    static Mutation put(String key, Payload payload) {
        return new Put(key, payload, LeaseRule.none());
    }

    static Mutation put(String key, Payload payload, LeaseRule lease) {
        return new Put(key, payload, lease);
    }

    static Mutation putSequential(String prefix, Payload payload, LeaseRule lease) {
        return new PutSequential(prefix, payload, lease);
    }

    static Mutation delete(String key) {
        return new Delete(key);
    }

    static Mutation add(String key, long delta) {
        return new Add(key, delta, LeaseRule.keep());
    }

    static Mutation add(String key, long delta, LeaseRule lease) {
        return new Add(key, delta, lease);
    }
}
