package io.distsync.registry;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.backend.Change;
import io.distsync.backend.FeedState;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * Who is listed in a view. Takes what the feed tells, with the time; knows no clock and no thread.
 *
 * <p>What the store says is taken at its word, but for one thing: after a time in which the store was away or lost what it
 * had, an instance that is missing may have lost its entry to that and not have crashed. It is listed as before until the store
 * has been back for one lease of it; by then it has registered again, or it is gone.
 */
final class Roster {

    private record Held(ServiceInstance instance, long leaseNanos, boolean doubtful) {

        Held doubted() {
            return new Held(instance, leaseNanos, true);
        }
    }

    private final Map<String, Held> held = new TreeMap<>();
    private FeedState state = FeedState.RESYNCING;

    /** Whether what the store has is not known for sure; whether that ever was so; and since when it is not so any more. */
    private boolean away;

    private boolean interrupted;
    private long backSince;
    private int doubts;

    /** These are in the store, and no others. True if the list is another one than before. */
    boolean snapshot(Collection<MapEntry<Stored>> entries, long now) {
        boolean changed = false;
        Set<String> present = new HashSet<>();
        for (MapEntry<Stored> entry : entries) {
            present.add(entry.key());
            changed |= present(entry.key(), entry.value());
        }
        for (String id : List.copyOf(held.keySet())) {
            if (!present.contains(id)) {
                changed |= missing(id, now);
            }
        }
        return changed;
    }

    /** This has happened in the store. True if the list is another one than before. */
    boolean changes(List<MapChange<Stored>> changes, long now) {
        boolean changed = false;
        for (MapChange<Stored> change : changes) {
            if (change.versioned().present()) {
                changed |= present(change.key(), change.versioned().value());
            } else if (change.cause() == Change.Cause.EXPIRED) {
                changed |= missing(change.key(), now);
            } else {
                changed |= remove(change.key());
            }
        }
        return changed;
    }

    /** What was told so far is current from now on, or not. */
    void state(FeedState next, long now) {
        state = next;
        if (next == FeedState.STALE) {
            away = true;
            interrupted = true;
        } else if (next == FeedState.CURRENT && away) {
            away = false;
            backSince = now;
        }
    }

    /** Something was skipped: the store has lost its history, or the view was too slow for it. A snapshot follows. */
    void reset(long now) {
        interrupted = true;
        backSince = now;
    }

    /** Lets those go who have had time enough to come back. True if there were any. */
    boolean settle(long now) {
        boolean changed = false;
        for (Map.Entry<String, Held> each : List.copyOf(held.entrySet())) {
            if (!away && each.getValue().doubtful && gone(each.getValue(), now)) {
                changed |= remove(each.getKey());
            }
        }
        return changed;
    }

    /** Whether somebody is listed who may be gone. */
    boolean hasDoubts() {
        return doubts > 0;
    }

    FeedState state() {
        return state;
    }

    /** When to {@link #settle}; empty if nothing is in doubt, or nothing can be decided now. */
    OptionalLong nanosToSettle(long now) {
        if (away || doubts == 0) {
            return OptionalLong.empty();
        }
        return held.values().stream()
                .filter(Held::doubtful)
                .mapToLong(each -> Math.max(0, backSince + each.leaseNanos - now))
                .min();
    }

    /** In the order of their ids. */
    List<ServiceInstance> instances() {
        return held.values().stream().map(Held::instance).toList();
    }

    private boolean present(String id, Stored stored) {
        Held now = new Held(
                stored.instance(), Duration.ofMillis(stored.leaseMillis()).toNanos(), false);
        Held before = held.put(id, now);
        if (before != null && before.doubtful) {
            doubts--;
        }
        return before == null || !before.instance.equals(now.instance);
    }

    private boolean missing(String id, long now) {
        Held before = held.get(id);
        if (before == null || before.doubtful) {
            return false;
        }
        if (!away && gone(before, now)) {
            return remove(id);
        }
        held.put(id, before.doubted());
        doubts++;
        return false;
    }

    private boolean gone(Held each, long now) {
        return !interrupted || now - backSince - each.leaseNanos >= 0;
    }

    private boolean remove(String id) {
        Held before = held.remove(id);
        if (before != null && before.doubtful) {
            doubts--;
        }
        return before != null;
    }
}
