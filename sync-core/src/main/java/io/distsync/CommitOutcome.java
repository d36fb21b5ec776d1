package io.distsync;

import io.distsync.backend.Check;
import io.distsync.version.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a commit of several entries. */
public sealed interface CommitOutcome<V> {

    /** The last change of the topic: this commit's own, or the one it met. */
    Version head();

    /** What the commit selected. */
    MapPage<V> selected();

    /** Whether it took effect. */
    boolean isCommitted();

    /**
     * It took effect.
     *
     * @param written one for each mutation, in order
     */
    record Committed<V>(Version head, List<Written<V>> written, MapPage<V> selected) implements CommitOutcome<V> {

        public Committed {
            written = List.copyOf(written);
        }

        @Override
        public boolean isCommitted() {
            return true;
        }
    }

    /** Nothing was changed, because these checks failed. */
    record Conflict<V>(Version head, List<Failed<V>> failed, MapPage<V> selected) implements CommitOutcome<V> {

        public Conflict {
            failed = List.copyOf(failed);
        }

        @Override
        public boolean isCommitted() {
            return false;
        }
    }

    /**
     * What one mutation did.
     *
     * @param key the entry's key; for a sequential one, the key it was given
     * @param versioned the entry after it; for a delete that met nothing, {@link Version#ABSENT}
     * @param effective whether it used a revision
     */
    record Written<V>(String key, Versioned<V> versioned, boolean effective) {}

    /**
     * A check that failed.
     *
     * @param current the entry it met, not present if none; {@code null} for a fence
     * @param fence for a fence, the highest token seen
     */
    record Failed<V>(
            Check check,
            @Nullable Versioned<V> current,
            @Nullable Version fence) {}
}
