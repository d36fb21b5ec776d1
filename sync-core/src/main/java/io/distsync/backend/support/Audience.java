package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.Scope;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The followers of one topic. Those of keys are found by the key that changed, so that a commit costs nothing for
 * followers of other keys, be they a thousand.
 *
 * <p>Safe to share: adding and removing take this object's monitor, telling takes none, so a callback may add and remove.
 */
public final class Audience {

    private static final Follower[] NOBODY = {};

    // Arrays are replaced and never changed.
    private volatile Follower[] ofEverything = NOBODY;
    private volatile @Nullable Map<String, Follower[]> ofKeys;

    /** Adds a follower, which is told of what happens from now on. */
    public synchronized void add(Follower follower, Scope scope) {
        if (scope instanceof Scope.Keys keys) {
            Map<String, Follower[]> byKey = ofKeys == null ? new ConcurrentHashMap<>() : ofKeys;
            keys.keys().forEach(key -> byKey.merge(key, new Follower[] {follower}, Audience::joined));
            ofKeys = byKey;
        } else {
            ofEverything = joined(ofEverything, new Follower[] {follower});
        }
    }

    /** Removes a follower; one that is being told something may still be told the rest of it. */
    public synchronized void remove(Follower follower, Scope scope) {
        Map<String, Follower[]> byKey = ofKeys;
        if (scope instanceof Scope.Keys keys && byKey != null) {
            keys.keys()
                    .forEach(key -> byKey.computeIfPresent(key, (same, present) -> {
                        Follower[] left = without(present, follower);
                        return left.length == 0 ? null : left;
                    }));
        } else {
            ofEverything = without(ofEverything, follower);
        }
    }

    /** Whether there is nobody. */
    public boolean isEmpty() {
        Map<String, Follower[]> byKey = ofKeys;
        return ofEverything.length == 0 && (byKey == null || byKey.isEmpty());
    }

    /** Hands the changes of one commit, the next of the topic, to the followers in whose scope they are. */
    public void tell(List<Change> commit) {
        for (Follower follower : ofEverything) {
            follower.live(commit);
        }
        Map<String, Follower[]> byKey = ofKeys;
        if (byKey == null || byKey.isEmpty()) {
            return;
        }
        if (commit.size() == 1) {
            for (Follower follower : byKey.getOrDefault(commit.get(0).key(), NOBODY)) {
                follower.live(commit);
            }
            return;
        }
        Set<Follower> concerned = new LinkedHashSet<>();
        for (Change change : commit) {
            concerned.addAll(Arrays.asList(byKey.getOrDefault(change.key(), NOBODY)));
        }
        concerned.forEach(follower -> follower.live(commit));
    }

    /**
     * Hands over a commit that does not link to the one told before. A follower of keys cannot see by those what is
     * missing, so all of them are told.
     */
    public void tellAfterGap(List<Change> commit) {
        for (Follower follower : ofEverything) {
            follower.live(commit);
        }
        Map<String, Follower[]> byKey = ofKeys;
        if (byKey != null) {
            byKey.values().stream()
                    .flatMap(Arrays::stream)
                    .distinct()
                    .forEach(follower -> follower.liveAfterGap(commit));
        }
    }

    private static Follower[] joined(Follower[] some, Follower[] others) {
        Follower[] all = Arrays.copyOf(some, some.length + others.length);
        System.arraycopy(others, 0, all, some.length, others.length);
        return all;
    }

    private static Follower[] without(Follower[] some, Follower follower) {
        return Arrays.stream(some).filter(other -> other != follower).toArray(Follower[]::new);
    }
}
