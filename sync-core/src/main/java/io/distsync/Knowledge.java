package io.distsync;

import io.distsync.version.Version;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a service believes a topic to hold; each commit lets the store confirm what it was based on. */
final class Knowledge {

    /*
     * Threads. The owner of the pipeline alone writes. Anybody may read `single` and `head`: a thread whose operation has
     * ended sees at least what that operation left, because its outcome was published after it.
     */

    private static final int MAX_KEYS = 256;

    private @Nullable Known single;
    private @Nullable Map<String, Known> others;
    private Version head = Version.ABSENT;

    /** What the store has denied last to be the version of the single state: who still tells it is behind, not ahead. */
    private Version denied = Version.ABSENT;

    /** What is believed of an entry, or {@code null} if nothing is. */
    @Nullable
    Known of(String key) {
        if (key.isEmpty()) {
            return single;
        }
        return others == null ? null : others.get(key);
    }

    /** The newest single state heard of, if any. */
    @Nullable
    Known single() {
        return single;
    }

    /** The newest version of the topic heard of. */
    Version head() {
        Known latest = single;
        return latest != null && latest.version().isNewerThan(head) ? latest.version() : head;
    }

    void learn(String key, Known known) {
        if (key.isEmpty()) {
            single = known;
            return;
        }
        Map<String, Known> map = others;
        if (map == null) {
            map = new HashMap<>();
            others = map;
        }
        map.put(key, known);
    }

    /** Whether somebody who has seen this version of the single state knows more. */
    boolean isBehind(Version seen) {
        Known latest = single;
        return latest == null || seen.isNewerThan(latest.version());
    }

    /** Takes over what somebody else has heard of the single state, if it is newer and was not denied. */
    void learnIfNewer(@Nullable Known seen) {
        if (seen != null && isBehind(seen.version()) && !seen.version().equals(denied)) {
            single = seen;
        }
    }

    /** The store does not hold this version of the entry, and what it holds is not newer. */
    void deny(String key, Version version) {
        if (key.isEmpty()) {
            denied = version;
        }
    }

    /** Remembers the newest version heard of; most often it is the single entry's, and needs no second place. */
    void learnHead(Version version) {
        Known latest = single;
        if (latest == null || !latest.version().equals(version)) {
            head = version;
        }
    }

    void forget(String key) {
        if (key.isEmpty()) {
            single = null;
        } else if (others != null) {
            others.remove(key);
        }
    }

    void forgetAll() {
        single = null;
        others = null;
    }

    /** Forgets what takes too much room. */
    void limit() {
        if (others != null && others.size() > MAX_KEYS) {
            others = null;
        }
    }
}
