package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.Arrays;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Goes round a {@link Ring} from the place of the key to the first instance that has room. */
final class ConsistentHash implements LoadBalancer {

    /*
     * Room. With m jobs under way and one to come, an instance whose share of the weights is s may have up to
     * ceil(c s (m + 1)) jobs, c = 5/4. It has room if it has fewer now, which is jobs < c s (m + 1), in whole numbers
     * 4 W jobs < 5 w (m + 1). These bounds sum up to more than m, so somebody has room. Counts that change meanwhile
     * may say otherwise for a moment: then the key's own instance has it.
     */

    private static final long FACTOR_NUMERATOR = 5;
    private static final long FACTOR_DENOMINATOR = 4;

    private final Derived<Table> tables;
    private final @Nullable JobCounts counts;
    private final LongSupplier randomness;

    ConsistentHash(@Nullable JobCounts counts, LongSupplier randomness) {
        this.tables = new Derived<>(candidates -> new Table(new Ring(candidates), counts));
        this.counts = counts;
        this.randomness = randomness;
    }

    @Override
    public @Nullable ServiceInstance choose(Candidates candidates, @Nullable String key) {
        if (candidates.size() == 0) {
            return null;
        }
        Table table = tables.of(candidates);
        Ring ring = table.ring;
        int own = ring.pointOf(key == null ? randomness.getAsLong() : XxHash64.hash(key, 0));
        return ring.instanceAt(counts == null ? own : firstWithRoom(table, own, counts));
    }

    private static int firstWithRoom(Table table, int own, JobCounts counts) {
        Ring ring = table.ring;
        if (table.jobsAt(own) == 0) {
            return own; // there is always room for one, whatever the others have
        }
        long jobs = counts.total() + 1;
        int point = own;
        for (int passed = 0; passed < ring.size(); passed++) {
            if (table.hasRoom(point, jobs)) {
                return point;
            }
            point = ring.after(point);
        }
        return own;
    }

    @Override
    public @Nullable JobCounts jobCounts() {
        return counts;
    }

    /** A ring, and the jobs and weights of its instances by rank. */
    private static final class Table {

        private final Ring ring;
        private final IntSupplier[] jobs;
        private final int[] weights;
        private final long weightOfAll;

        private Table(Ring ring, @Nullable JobCounts counts) {
            this.ring = ring;
            ServiceInstance[] instances = ring.byId();
            jobs = counts == null
                    ? new IntSupplier[0]
                    : Arrays.stream(instances).map(counts::of).toArray(IntSupplier[]::new);
            weights = Arrays.stream(instances).mapToInt(ServiceInstance::weight).toArray();
            weightOfAll = Arrays.stream(weights).asLongStream().sum();
        }

        private int jobsAt(int point) {
            return jobs[ring.rankAt(point)].getAsInt();
        }

        private boolean hasRoom(int point, long jobsOfAll) {
            return FACTOR_DENOMINATOR * weightOfAll * jobsAt(point)
                    < FACTOR_NUMERATOR * weights[ring.rankAt(point)] * jobsOfAll;
        }
    }
}
