package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.version.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one commit left in the log.
 *
 * @param digest see {@link Content}; 0 for an expiry
 * @param outcomes one for each mutation of the commit, {@code null} where it had no effect
 * @param changes the effective ones, at least one
 */
record LogRecord(long digest, List<@Nullable Change> outcomes, List<Change> changes) {

    Version first() {
        return changes.get(0).version();
    }

    Version last() {
        return changes.get(changes.size() - 1).version();
    }
}
