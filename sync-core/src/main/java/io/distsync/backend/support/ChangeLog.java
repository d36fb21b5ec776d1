package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.History;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
    private static final int DIGEST = 3;
    private static final int WIDTH = 4;

    /** What {@link #find} answers for a revision that is not retained. */
    static final int NOWHERE = -1;

    private final long epoch;

    /** Revision and link of the position before the oldest retained change. */
    private long baseRevision;

    private long baseLink;
    private boolean trimmed;

    /**
     * The outcomes of each commit, in a ring of power-of-two length; allocated by the first commit, because most topics of
     * many are idle.
     */
    private List<@Nullable Change>[] ring = ring(0);

    /**
     * For each commit in the ring, {@value #WIDTH} numbers: the revision and link of its last change, its store time, and
     * its digest. Searching and trimming look at these alone: an old commit itself has long left the processor's cache.
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

    /**
     * Adds a commit.
     *
     * @param outcomes one for each mutation, {@code null} where it had no effect; at least one is not
     * @param digest see {@link Content}
     */
    void append(List<@Nullable Change> outcomes, long digest, long nowMillis) {
        if (size == ring.length) {
            grow();
        }
        int place = place(size);
        Version last = last(outcomes).version();
        ring[place] = outcomes;
        ends[place * WIDTH + REVISION] = last.revision();
        ends[place * WIDTH + LINK] = last.link();
        ends[place * WIDTH + MILLIS] = nowMillis;
        ends[place * WIDTH + DIGEST] = digest;
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
            forget(oldest);
            oldest = (oldest + 1) & (ring.length - 1);
            size--;
        }
    }

    /** Which commit holds a revision, or {@link #NOWHERE}. */
    int find(long revision) {
        int index = indexAfter(revision - 1);
        return index < size && revision > baseRevision ? index : NOWHERE;
    }

    List<@Nullable Change> outcomes(int index) {
        return ring[place(index)];
    }

    long digest(int index) {
        return ends[place(index) * WIDTH + DIGEST];
    }

    /** Whole commits after a position of this chain, or {@link History.Gone}. */
    History after(Version position, int limit, Version head) {
        boolean fromStart = position.equals(base()) || (position.isAbsent() && !trimmed);
        if (!fromStart && !contains(position)) {
            return new History.Gone(base(), head);
        }
        List<Change> page = new ArrayList<>();
        for (int i = fromStart ? 0 : indexAfter(position.revision()); i < size; i++) {
            List<Change> changes = effective(outcomes(i));
            if (!page.isEmpty() && page.size() + changes.size() > limit) {
                break;
            }
            page.addAll(changes);
        }
        page.removeIf(change -> !change.version().isNewerThan(position));
        return new History.Changes(page, head);
    }

    private boolean contains(Version position) {
        int holder = find(position.revision());
        return holder != NOWHERE
                && effective(outcomes(holder)).stream()
                        .anyMatch(change -> change.version().equals(position));
    }

    /** The changes among outcomes. */
    @SuppressWarnings("NullAway") // a list without null is what it looks like
    static List<Change> effective(List<@Nullable Change> outcomes) {
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i) == null) {
                return outcomes.stream().filter(Objects::nonNull).toList();
            }
        }
        return outcomes;
    }

    /** The last of the changes among outcomes. */
    static Change last(List<@Nullable Change> outcomes) {
        for (int i = outcomes.size() - 1; ; i--) {
            Change change = outcomes.get(i);
            if (change != null) {
                return change;
            }
        }
    }

    /** Index of the first commit that ends behind a revision. */
    private int indexAfter(long revision) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ends[place(middle) * WIDTH + REVISION] <= revision) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private int place(int index) {
        return (oldest + index) & (ring.length - 1);
    }

    @SuppressWarnings("NullAway") // a place outside the ring's window holds nothing
    private void forget(int place) {
        ring[place] = null;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type cannot be made otherwise
    private static List<@Nullable Change>[] ring(int length) {
        return new List[length];
    }

    private void grow() {
        int capacity = Math.max(INITIAL_CAPACITY, ring.length * 2);
        List<@Nullable Change>[] larger = ring(capacity);
        long[] largerEnds = new long[capacity * WIDTH];
        for (int i = 0; i < size; i++) {
            larger[i] = outcomes(i);
            System.arraycopy(ends, place(i) * WIDTH, largerEnds, i * WIDTH, WIDTH);
        }
        ring = larger;
        ends = largerEnds;
        oldest = 0;
    }
}
