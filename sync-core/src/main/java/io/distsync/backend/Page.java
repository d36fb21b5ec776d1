package io.distsync.backend;

import io.distsync.version.Version;
import java.util.List;

/**
 * Entries as of one moment.
 *
 * @param head the last change of the topic at that moment
 * @param more whether the range goes on behind the last entry
 */
public record Page(Version head, List<Entry> entries, boolean more) {

    /** What a commit selects that selects nothing: no entries, of no moment. */
    public static final Page NOTHING = new Page(Version.ABSENT, List.of(), false);

    public Page {
        entries = List.copyOf(entries);
    }
}
