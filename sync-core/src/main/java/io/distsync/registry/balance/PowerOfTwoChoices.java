package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Compares two. If one is drawn twice it is compared with its neighbour, so that two instances are always compared. */
final class PowerOfTwoChoices implements LoadBalancer {

    private final Derived<Loads> loads;
    private final JobCounts counts;
    private final LongSupplier randomness;

    PowerOfTwoChoices(JobCounts counts, LongSupplier randomness) {
        this.loads = new Derived<>(candidates -> new Loads(candidates, counts));
        this.counts = counts;
        this.randomness = randomness;
    }

    @Override
    public @Nullable ServiceInstance choose(Candidates candidates, @Nullable String key) {
        return candidates.size() == 0 ? null : candidates.get(lessLoaded(loads.of(candidates)));
    }

    private int lessLoaded(Loads present) {
        int one = present.draw(randomness.getAsLong());
        int other = present.draw(randomness.getAsLong());
        if (other == one) {
            other = one + 1 < present.size() ? one + 1 : 0;
        }
        return present.isLess(present.jobs(other), other, present.jobs(one), one) ? other : one;
    }

    @Override
    public JobCounts jobCounts() {
        return counts;
    }
}
