package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.Payload;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Changes that came too early, in the order of their versions, up to a budget of memory. */
final class HeldChanges {

    /** Rough size of a change without its payload. */
    private static final long OVERHEAD_BYTES = 256;

    private final TreeMap<Version, Held> changes = new TreeMap<>();
    private final long budgetBytes;
    private long usedBytes;

    HeldChanges(long budgetBytes) {
        this.budgetBytes = budgetBytes;
    }

    private record Held(Change change, long arrival) {}

    /**
     * Adds a change, in place of another one with the same epoch and revision.
     *
     * @param arrival how many questions had been put to the log when it came
     * @return false if the budget is exceeded; everything was dropped then
     */
    boolean add(Change change, long arrival) {
        Held replaced = changes.put(change.version(), new Held(change, arrival));
        usedBytes += size(change) - (replaced == null ? 0 : size(replaced.change));
        if (usedBytes <= budgetBytes) {
            return true;
        }
        clear();
        return false;
    }

    boolean isEmpty() {
        return changes.isEmpty();
    }

    void clear() {
        changes.clear();
        usedBytes = 0;
    }

    /**
     * Drops what is not newer than the position.
     *
     * @return whether that included a change nobody can explain: it came after the question and was not delivered
     */
    boolean dropOvertaken(Version position, RecentLinks delivered, long question) {
        boolean unexplained = false;
        while (!changes.isEmpty() && !changes.firstKey().isNewerThan(position)) {
            Held held = changes.pollFirstEntry().getValue();
            usedBytes -= size(held.change);
            unexplained |= held.arrival >= question && !delivered.contains(held.change.version());
        }
        return unexplained;
    }

    /** Drops what came before the question was put. */
    void dropOlderThan(long question) {
        for (Iterator<Held> all = changes.values().iterator(); all.hasNext(); ) {
            Held held = all.next();
            if (held.arrival < question) {
                usedBytes -= size(held.change);
                all.remove();
            }
        }
    }

    /** Removes and returns the commit that follows the position, or null if it is not here as a whole. */
    @Nullable
    List<Change> takeCommitAfter(Version position) {
        int length = chainedAfter(position);
        if (length == 0) {
            return null;
        }
        List<Change> commit = new ArrayList<>(length);
        Iterator<Held> all = changes.values().iterator();
        while (commit.size() < length) {
            commit.add(all.next().change);
        }
        if (!commit.get(length - 1).endsCommit()) {
            return null;
        }
        for (Change change : commit) {
            changes.remove(change.version());
            usedBytes -= size(change);
        }
        return commit;
    }

    /** Whether something is held that is more than the beginning of the commit after the position. */
    boolean isStuckAt(Version position) {
        return chainedAfter(position) != changes.size();
    }

    /** How many of the first changes chain from the position, up to the end of one commit. */
    private int chainedAfter(Version position) {
        int length = 0;
        Version at = position;
        for (Held held : changes.values()) {
            Change change = held.change;
            if (change.index() != length || !Links.continues(at, change)) {
                return length;
            }
            length++;
            at = change.version();
            if (change.endsCommit()) {
                return length;
            }
        }
        return length;
    }

    static long size(Change change) {
        Payload payload = change.payload();
        return OVERHEAD_BYTES + (payload == null ? 0 : Math.max(0, payload.knownSize()));
    }
}
