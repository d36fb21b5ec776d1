package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks round from a place that is drawn by weight. The first idle one it meets ends the search, so a service that is
 * mostly idle is served in proportion to the weights, and in little time.
 */
final class LeastConnections implements LoadBalancer {

    private final Derived<Loads> loads;
    private final JobCounts counts;
    private final LongSupplier randomness;

    LeastConnections(JobCounts counts, LongSupplier randomness) {
        this.loads = new Derived<>(candidates -> new Loads(candidates, counts));
        this.counts = counts;
        this.randomness = randomness;
    }

    @Override
    public @Nullable ServiceInstance choose(Candidates candidates, @Nullable String key) {
        return candidates.size() == 0 ? null : candidates.get(leastLoaded(loads.of(candidates)));
    }

    private int leastLoaded(Loads present) {
        int size = present.size();
        int start = present.draw(randomness.getAsLong());
        int best = start;
        int bestJobs = present.jobs(start);
        for (int step = 1; step < size && bestJobs > 0; step++) {
            int index = start + step < size ? start + step : start + step - size;
            int jobs = present.jobs(index);
            if (present.isLess(jobs, index, bestJobs, best)) {
                best = index;
                bestJobs = jobs;
            }
        }
        return best;
    }

    @Override
    public JobCounts jobCounts() {
        return counts;
    }
}
