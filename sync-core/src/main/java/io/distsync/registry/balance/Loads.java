package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.function.IntSupplier;

/** The jobs and the weights of candidates, by index. */
final class Loads {

    private final IntSupplier[] jobs;
    private final int[] weights;
    private final WeightedDraw draw;

    Loads(Candidates candidates, JobCounts counts) {
        jobs = new IntSupplier[candidates.size()];
        for (int i = 0; i < jobs.length; i++) {
            jobs[i] = counts.of(candidates.get(i));
        }
        weights = candidates.mapToInt(ServiceInstance::weight);
        draw = new WeightedDraw(weights);
    }

    int size() {
        return jobs.length;
    }

    int jobs(int index) {
        return jobs[index].getAsInt();
    }

    /** Whether so many jobs at the one are fewer for its weight than so many at the other. */
    boolean isLess(int jobs, int index, int otherJobs, int otherIndex) {
        return (long) jobs * weights[otherIndex] < (long) otherJobs * weights[index];
    }

    /** An index, with a probability in proportion to its weight. */
    int draw(long random) {
        return draw.draw(random);
    }
}
