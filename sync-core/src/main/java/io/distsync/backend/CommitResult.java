package io.distsync.backend;

import io.distsync.version.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of a commit that reached the store. */
public sealed interface CommitResult {

    /** The last change of the topic: this commit's own, or the one it met. */
    Version head();

    /**
     * The commit took effect, now or at an earlier attempt.
     *
     * @param outcomes one for each mutation, in order: its change, or {@code null} if it had no effect; not to be changed
     *     (and not copied: a list with nulls cannot be made immutable cheaply)
     * @param selected the commit's selection, read after the mutations
     */
    record Committed(Version head, List<@Nullable Change> outcomes, Page selected) implements CommitResult {

        /** The change a mutation made, or {@code null} if it had no effect. */
        public @Nullable Change outcome(int mutation) {
            return outcomes.get(mutation);
        }
    }

    /**
     * A check failed and nothing was changed.
     *
     * @param failed each check that failed, with what it met
     * @param selected the commit's selection
     */
    record Conflict(Version head, List<FailedCheck> failed, Page selected) implements CommitResult {

        public Conflict {
            failed = List.copyOf(failed);
        }
    }

    /**
     * The store cannot tell whether it has seen this request, because its memory does not reach back to what the
     * sender knew; it did nothing now. After a first attempt the commit was certainly not applied; after a repeat its
     * outcome is unknown.
     */
    record TooOld(Version head) implements CommitResult {}

    /**
     * A check that failed.
     *
     * @param entry what the store holds under the key of the check, or {@code null} if nothing, or for a fence
     * @param fence for a fence, the highest token seen
     */
    record FailedCheck(
            Check check, @Nullable Entry entry, @Nullable Version fence) {}
}
