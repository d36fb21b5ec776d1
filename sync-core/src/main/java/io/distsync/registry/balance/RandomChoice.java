package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Any, in proportion to its weight. */
final class RandomChoice implements LoadBalancer {

    private final Derived<WeightedDraw> draws =
            new Derived<>(candidates -> new WeightedDraw(candidates.mapToInt(ServiceInstance::weight)));
    private final LongSupplier randomness;

    RandomChoice(LongSupplier randomness) {
        this.randomness = randomness;
    }

    @Override
    public @Nullable ServiceInstance choose(Candidates candidates, @Nullable String key) {
        return candidates.size() == 0
                ? null
                : candidates.get(draws.of(candidates).draw(randomness.getAsLong()));
    }
}
