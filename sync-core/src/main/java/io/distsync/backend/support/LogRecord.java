package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.Commit;
import io.distsync.version.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one commit left in the log.
 *
 * @param commit who asked for it, or {@code null} for an expiry
 * @param outcomes one for each mutation of the commit, {@code null} where it had no effect
 * @param changes the effective ones, at least one
 * @param millis store time of the commit
 */
record LogRecord(@Nullable Commit commit, List<@Nullable Change> outcomes, List<Change> changes, long millis) {

    Version first() {
        return changes.get(0).version();
    }

    Version last() {
        return changes.get(changes.size() - 1).version();
    }
}
