package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.Arrays;
import java.util.Comparator;

/** Instances at the points of a circle of hashes. A key belongs to the instance at the first point at or after its hash. */
final class Ring {

    /*
     * Karger et al., Consistent Hashing and Random Trees, 1997. What follows decides which instance has a key, and must
     * never change:
     *
     *   - An instance has up to 128 points, in proportion to its weight, with the greatest weight having all and nobody
     *     none: floor((128 w + m / 2) / m) with m the greatest weight. Its points 1, 2, ... are XXH64(id, seed = number
     *     of the point); the place of a key is XXH64(key, seed = 0).
     *   - Places are compared by their upper 44 bits, without sign. Of points in the same place that of the smaller id
     *     comes first.
     *
     * The lower 20 bits of a point hold the rank of its instance among the ids, so one sorted array of longs is the whole
     * ring; the sign bit is turned over so that signed order is unsigned order. A directory has the first point for each
     * value of a hash's uppermost bits, as many values as there are points, so that a search takes one step on average.
     */

    static final int POINTS = 128;
    static final int MAX_INSTANCES = 1 << 20;

    private static final long RANK = MAX_INSTANCES - 1;

    private final ServiceInstance[] byId;
    private final long[] points;
    private final int[] directory;
    private final int directoryShift;

    /**
     * The ring of these.
     *
     * @throws IllegalArgumentException if there are more than 1,048,576 instances
     */
    Ring(Candidates candidates) {
        if (candidates.size() > MAX_INSTANCES) {
            throw new IllegalArgumentException(
                    "a ring has at most " + MAX_INSTANCES + " instances, but these are " + candidates.size());
        }
        byId = candidates.toArray();
        Arrays.sort(byId, Comparator.comparing(ServiceInstance::id));
        points = points(byId);
        int bits = Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(points.length));
        directoryShift = Long.SIZE - bits;
        directory = directory(points, directoryShift);
    }

    private static long[] points(ServiceInstance[] byId) {
        int greatest =
                Arrays.stream(byId).mapToInt(ServiceInstance::weight).max().orElse(1);
        int[] numbers = Arrays.stream(byId)
                .mapToInt(instance -> Math.max(1, (POINTS * instance.weight() + greatest / 2) / greatest))
                .toArray();
        long[] points = new long[Arrays.stream(numbers).sum()];
        int next = 0;
        for (int rank = 0; rank < byId.length; rank++) {
            for (int number = 1; number <= numbers[rank]; number++) {
                points[next++] = place(XxHash64.hash(byId[rank].id(), number)) | rank;
            }
        }
        Arrays.sort(points);
        return points;
    }

    private static int[] directory(long[] points, int shift) {
        int[] directory = new int[1 << (Long.SIZE - shift)];
        int point = 0;
        for (int prefix = 0; prefix < directory.length; prefix++) {
            while (point < points.length && prefix(points[point], shift) < prefix) {
                point++;
            }
            directory[prefix] = point;
        }
        return directory;
    }

    private static long place(long hash) {
        return (hash ^ Long.MIN_VALUE) & ~RANK;
    }

    private static int prefix(long point, int shift) {
        return (int) ((point ^ Long.MIN_VALUE) >>> shift);
    }

    /** How many points there are; 0 if there is no instance. */
    int size() {
        return points.length;
    }

    /** The instances; ranks are indexes in it. */
    ServiceInstance[] byId() {
        return byId.clone();
    }

    /** The first point at or after the hash. */
    int pointOf(long hash) {
        long place = place(hash);
        int point = directory[prefix(place, directoryShift)];
        while (point < points.length && points[point] < place) {
            point++;
        }
        return point == points.length ? 0 : point;
    }

    int after(int point) {
        return point + 1 == points.length ? 0 : point + 1;
    }

    int rankAt(int point) {
        return (int) (points[point] & RANK);
    }

    ServiceInstance instanceAt(int point) {
        return byId[rankAt(point)];
    }
}
