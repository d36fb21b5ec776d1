package io.distsync;

/** What became of a compare-and-set. */
public sealed interface CasResult<T> {

    /** The state after the call: the one written, or the one that stood in the way. */
    Versioned<T> current();

    /** Whether the state was written. */
    boolean isCommitted();

    /** The state was written, with this version. */
    record Committed<T>(Versioned<T> current) implements CasResult<T> {
        @Override
        public boolean isCommitted() {
            return true;
        }
    }

    /** The version was another one, nothing was written; the current state may be absent. */
    record Conflict<T>(Versioned<T> current) implements CasResult<T> {
        @Override
        public boolean isCommitted() {
            return false;
        }
    }
}
