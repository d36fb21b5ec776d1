package io.distsync.backend.redis;

import io.distsync.version.Version;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The versions entries have before each change of a commit: that of before the commit, which the store tells for each entry
 * in the order of their first changes, and then what the change before it left.
 */
final class Predecessors {

    private final Supplier<Version> beforeTheCommit;
    private @Nullable String first;
    private Version ofFirst = Version.ABSENT;
    private @Nullable Map<String, Version> others;

    Predecessors(Supplier<Version> beforeTheCommit) {
        this.beforeTheCommit = beforeTheCommit;
    }

    /** The version before this change of the entry, which leaves that version. Most commits are about one entry. */
    Version replacedBy(String key, Version version) {
        if (first == null) {
            first = key;
            ofFirst = version;
            return beforeTheCommit.get();
        }
        if (first.equals(key)) {
            Version before = ofFirst;
            ofFirst = version;
            return before;
        }
        Map<String, Version> left = others;
        if (left == null) {
            left = new HashMap<>();
            others = left;
        }
        Version before = left.put(key, version);
        return before == null ? beforeTheCommit.get() : before;
    }
}
