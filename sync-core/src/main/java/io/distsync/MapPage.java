package io.distsync;

import io.distsync.version.Version;
import java.util.List;

/**
 * Entries of a map as of one moment.
 *
 * @param head the last change of the topic at that moment
 * @param more whether the range goes on behind the last entry
 */
public record MapPage<V>(Version head, List<MapEntry<V>> entries, boolean more) {

    public MapPage {
        entries = List.copyOf(entries);
    }
}
