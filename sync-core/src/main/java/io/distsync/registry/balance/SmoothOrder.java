package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** The order of one cycle of smooth weighted round robin. */
final class SmoothOrder {

    /*
     * nginx's algorithm (commit 52327e0627, "Upstream: smooth weighted round-robin balancing") adds to each instance's
     * current value its weight, takes the first with the greatest, and subtracts the sum of all weights from that. After
     * as many steps as that sum all values are 0 again, so one cycle says everything.
     *
     * Done literally, a cycle costs its length times the number of instances: a thousand million steps for a thousand
     * instances. But instances of the same weight differ in nothing but how often they were taken, so they are taken
     * in turns, in the order of their indexes. It is enough to look at one of each weight: the next in turn, whose value
     * is that of its weight less the sum for each round that is complete.
     *
     * A cycle that is too long gets weights that sum up to about as many turns as allowed, at least one for each.
     */

    static final int MAX_TURNS = 65_536;
    private static final int MIN_AVERAGE_TURNS = 8;

    private SmoothOrder() {}

    static ServiceInstance[] of(Candidates candidates) {
        int[] turns = turns(candidates.mapToInt(ServiceInstance::weight));
        return Arrays.stream(order(turns)).mapToObj(candidates::get).toArray(ServiceInstance[]::new);
    }

    /** How often each has its turn in a cycle. */
    static int[] turns(int[] weights) {
        int divisor = Math.max(1, Arrays.stream(weights).reduce(0, SmoothOrder::greatestCommonDivisor));
        long cycle = Arrays.stream(weights).asLongStream().sum() / divisor;
        long allowed = Math.max(MAX_TURNS, (long) MIN_AVERAGE_TURNS * weights.length);
        return Arrays.stream(weights)
                .map(weight -> weight / divisor)
                .map(weight ->
                        cycle <= allowed ? weight : (int) Math.max(1, Math.round((double) weight * allowed / cycle)))
                .toArray();
    }

    /** The indexes in the order of their turns. */
    static int[] order(int[] turns) {
        SameWeight[] all = bySameWeight(turns);
        int sum = Arrays.stream(turns).sum();
        return IntStream.range(0, sum).map(turn -> next(all, sum)).toArray();
    }

    private static int next(SameWeight[] all, int sum) {
        SameWeight best = all[0];
        for (SameWeight each : all) {
            each.current += each.weight;
            if (each.isBefore(best)) {
                best = each;
            }
        }
        return best.take(sum);
    }

    private static SameWeight[] bySameWeight(int[] turns) {
        Map<Integer, IntStream.Builder> indexes = new LinkedHashMap<>();
        for (int i = 0; i < turns.length; i++) {
            indexes.computeIfAbsent(turns[i], weight -> IntStream.builder()).add(i);
        }
        return indexes.entrySet().stream()
                .map(same ->
                        new SameWeight(same.getKey(), same.getValue().build().toArray()))
                .toArray(SameWeight[]::new);
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }

    private static final class SameWeight {

        private final int weight;
        private final int[] indexes;
        private int next;
        private long current;

        private SameWeight(int weight, int[] indexes) {
            this.weight = weight;
            this.indexes = indexes;
        }

        private boolean isBefore(SameWeight other) {
            return current > other.current || (current == other.current && indexes[next] < other.indexes[other.next]);
        }

        private int take(int sum) {
            int taken = indexes[next++];
            if (next == indexes.length) {
                next = 0;
                current -= sum;
            }
            return taken;
        }
    }
}
