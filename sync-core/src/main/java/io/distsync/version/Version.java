package io.distsync.version;

/**
 * A version is the identity of one change in the history of a topic, and of every entry that change wrote.
 *
 * <p>Versions of one topic are ordered by epoch, then revision. Order alone is no identity: a store that was rolled
 * back hands out the same numbers again for other contents. The {@code link} tells such versions apart, because it
 * hashes the whole chain of changes up to this one. Two versions are equal only when all three parts are; {@link
 * #compareTo} looks at epoch and revision alone and is therefore not consistent with equals across histories.
 *
 * <p>A version also serves as a position: "after this change". {@link #ABSENT} then means "before the first change".
 *
 * @param epoch identity of a history; grows whenever the store lost or rewound one
 * @param revision place in the topic's log; grows by one with each effective mutation
 * @param link hash of the previous link, the epoch, the revision and the request that made the change
 */
public record Version(long epoch, long revision, long link) implements Comparable<Version> {

    /** The version of what is not there; smaller than every version that was ever given out. */
    public static final Version ABSENT = new Version(0, 0, 0);

    public Version {
        if (epoch < 0 || revision < 0) {
            throw new IllegalArgumentException(
                    "epoch and revision must not be negative: epoch=" + epoch + ", revision=" + revision);
        }
    }

    /** Whether this is {@link #ABSENT}. */
    public boolean isAbsent() {
        return epoch == 0 && revision == 0;
    }

    /** Whether this version was written later than the other one, by epoch and revision. */
    public boolean isNewerThan(Version other) {
        return epoch > other.epoch || (epoch == other.epoch && revision > other.revision);
    }

    @Override
    public int compareTo(Version other) {
        int byEpoch = Long.compare(epoch, other.epoch);
        return byEpoch != 0 ? byEpoch : Long.compare(revision, other.revision);
    }

    /** {@code epoch-revision@link}, or {@code absent}; for logs and people, not for parsing. */
    @Override
    public String toString() {
        return isAbsent() ? "absent" : epoch + "-" + revision + "@" + Long.toHexString(link);
    }
}
