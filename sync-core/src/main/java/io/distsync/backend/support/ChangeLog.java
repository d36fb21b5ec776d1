package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.History;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The retained part of a topic's log: a ring of commits in order of their revisions. Grows with need, trims whole
 * commits. Not thread-safe.
 */
final class ChangeLog {

    private static final int INITIAL_CAPACITY = 1;

    private static final int REVISION = 0;
    private static final int LINK = 1;
    private static final int MILLIS = 2;
    private static final int WIDTH = 3;

    private final long epoch;

    /** Revision and link of the position before the oldest retained change. */
    private long baseRevision;

    private long baseLink;
    private boolean trimmed;

    /** A ring of power-of-two length; allocated by the first commit, because most topics of many are idle. */
    private @Nullable LogRecord[] ring = new LogRecord[0];

    /**
     * For each commit in the ring, {@value #WIDTH} numbers: the revision and link of its last change, and its store time.
     * Trimming looks at these alone: the oldest commit itself has long left the processor's cache.
     */
    private long[] ends = new long[0];

    private int oldest;
    private int size;

    ChangeLog(Version base) {
        epoch = base.epoch();
        baseRevision = base.revision();
        baseLink = base.link();
    }

    /** The position before the oldest retained change. */
    Version base() {
        return new Version(epoch, baseRevision, baseLink);
    }

    /** The revision of the oldest retained change, or of the next one if there is none. */
    long oldestRevision() {
        return baseRevision + 1;
    }

    /** Whether a sender that knew no more than this version may have sent something the log has forgotten. */
    boolean hasForgotten(Version known) {
        return trimmed && (known.epoch() < epoch || (known.epoch() == epoch && known.revision() < baseRevision));
    }

    void append(LogRecord commit, long nowMillis) {
        if (size == ring.length) {
            grow();
        }
        int place = (oldest + size) & (ring.length - 1);
        Version last = commit.last();
        ring[place] = commit;
        ends[place * WIDTH + REVISION] = last.revision();
        ends[place * WIDTH + LINK] = last.link();
        ends[place * WIDTH + MILLIS] = nowMillis;
        size++;
    }

    /** Drops the oldest commits that are neither among the last changes nor young enough to be kept. */
    void trim(Retention retention, long newestRevision, long nowMillis) {
        while (size > 1) {
            int end = oldest * WIDTH;
            boolean amongLast = newestRevision - ends[end + REVISION] < retention.changes();
            if (amongLast || (retention.ageMillis() > 0 && nowMillis - ends[end + MILLIS] < retention.ageMillis())) {
                return;
            }
            baseRevision = ends[end + REVISION];
            baseLink = ends[end + LINK];
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
        boolean fromStart = position.equals(base()) || (position.isAbsent() && !trimmed);
        if (!fromStart && !contains(position)) {
            return new History.Gone(base(), head);
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

    @SuppressWarnings("NullAway") // inside the ring every place holds a commit
    private LogRecord record(int index) {
        return ring[(oldest + index) & (ring.length - 1)];
    }

    private void grow() {
        int capacity = Math.max(INITIAL_CAPACITY, ring.length * 2);
        LogRecord[] larger = new LogRecord[capacity];
        long[] largerEnds = new long[capacity * WIDTH];
        for (int i = 0; i < size; i++) {
            int place = (oldest + i) & (ring.length - 1);
            larger[i] = record(i);
            System.arraycopy(ends, place * WIDTH, largerEnds, i * WIDTH, WIDTH);
        }
        ring = larger;
        ends = largerEnds;
        oldest = 0;
    }
}
