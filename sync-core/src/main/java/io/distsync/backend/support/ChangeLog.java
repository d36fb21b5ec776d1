package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.History;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The retained part of a topic's log: a ring of commits in order of their revisions. Grows with need, trims whole
 * commits. Not thread-safe.
 */
final class ChangeLog {

    private static final int INITIAL_CAPACITY = 2;

    /** The position before the oldest retained change. */
    private Version base;

    private boolean trimmed;

    /** A ring of power-of-two length; allocated by the first commit, because most topics of many are idle. */
    private @Nullable LogRecord[] ring = new LogRecord[0];

    private int oldest;
    private int size;

    ChangeLog(Version base) {
        this.base = base;
    }

    /** The position before the oldest retained change. */
    Version base() {
        return base;
    }

    /** Whether anything was ever trimmed. */
    boolean isTrimmed() {
        return trimmed;
    }

    void append(LogRecord commit) {
        if (size == ring.length) {
            grow();
        }
        ring[(oldest + size) & (ring.length - 1)] = commit;
        size++;
    }

    /** Drops the oldest commits that are neither among the last changes nor young enough to be kept. */
    void trim(Retention retention, long nowMillis) {
        while (size > 1) {
            LogRecord first = record(0);
            boolean amongLast = newest().revision() - first.last().revision() < retention.changes();
            if (amongLast || (retention.ageMillis() > 0 && nowMillis - first.millis() < retention.ageMillis())) {
                return;
            }
            base = first.last();
            trimmed = true;
            ring[oldest] = null;
            oldest = (oldest + 1) & (ring.length - 1);
            size--;
        }
    }

    /** The commit that holds a revision, or {@code null} if it is not retained. */
    @Nullable
    LogRecord find(long revision) {
        int low = 0;
        int high = size - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            LogRecord candidate = record(middle);
            if (candidate.last().revision() < revision) {
                low = middle + 1;
            } else if (candidate.first().revision() > revision) {
                high = middle - 1;
            } else {
                return candidate;
            }
        }
        return null;
    }

    /** Whole commits after a position of this chain, or {@link History.Gone}. */
    History after(Version position, int limit, Version head) {
        boolean fromStart = position.equals(base) || (position.isAbsent() && !trimmed);
        if (!fromStart && !contains(position)) {
            return new History.Gone(base, head);
        }
        List<Change> page = new ArrayList<>();
        for (int i = fromStart ? 0 : indexAfter(position); i < size; i++) {
            List<Change> changes = record(i).changes();
            if (!page.isEmpty() && page.size() + changes.size() > limit) {
                break;
            }
            page.addAll(changes);
        }
        page.removeIf(change -> !change.version().isNewerThan(position));
        return new History.Changes(page, head);
    }

    private boolean contains(Version position) {
        LogRecord holder = find(position.revision());
        return holder != null
                && holder.changes().stream().anyMatch(change -> change.version().equals(position));
    }

    /** Index of the first commit with a change behind the position. */
    private int indexAfter(Version position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (record(middle).last().revision() <= position.revision()) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private Version newest() {
        return record(size - 1).last();
    }

    @SuppressWarnings("NullAway") // inside the ring every place holds a commit
    private LogRecord record(int index) {
        return ring[(oldest + index) & (ring.length - 1)];
    }

    private void grow() {
        LogRecord[] larger = new LogRecord[Math.max(INITIAL_CAPACITY, ring.length * 2)];
        for (int i = 0; i < size; i++) {
            larger[i] = record(i);
        }
        Arrays.fill(ring, null);
        ring = larger;
        oldest = 0;
    }
}
