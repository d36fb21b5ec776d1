package io.distsync;

import io.distsync.version.Version;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a topic is going to be after a commit that is under way, if that is applied and nothing comes in between.
 *
 * @param head the newest version then, which is that of an entry the commit writes
 * @param lastKey the key of that entry
 * @param entries those the commit writes
 */
record Foresight(Version head, String lastKey, Map<String, Known> entries) {

    @Nullable
    Known of(String key) {
        return entries.get(key);
    }
}
