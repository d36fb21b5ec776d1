package io.distsync.boot.autoconfigure.metrics;

import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldStatus;
import io.distsync.lease.LossReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** The meters {@code sync.locks.*} or {@code sync.semaphores.*}. Names are no tags: there may be one lock for each order. */
final class MicrometerHoldMetrics implements HoldMetrics {

    private final Supplier<List<HoldStatus>> status;
    private final Map<Outcome, Timer> acquire = new EnumMap<>(Outcome.class);
    private final Timer hold;
    private final Map<LossReason, Counter> lost = new EnumMap<>(LossReason.class);

    /**
     * The meters of one recipe.
     *
     * @param recipe its name, and what is held: locks or semaphores
     * @param status asked for when a gauge is read: the recipe is built with this
     */
    MicrometerHoldMetrics(MeterRegistry registry, String recipe, Supplier<List<HoldStatus>> status) {
        this.status = status;
        String prefix = "sync." + recipe;
        Gauge.builder(prefix + ".held", this, it -> it.sum(each -> each.grants().size()))
                .description("Grants of " + recipe + " held here")
                .baseUnit(recipe)
                .register(registry);
        Gauge.builder(prefix + ".waiting", this, it -> it.sum(HoldStatus::waiting))
                .description("Claims of this node that wait for " + recipe)
                .baseUnit("claims")
                .register(registry);
        for (Outcome outcome : Outcome.values()) {
            acquire.put(
                    outcome,
                    Timer.builder(prefix + ".acquire")
                            .description("From asking for " + recipe + " to what came of it")
                            .tag("outcome", tag(outcome))
                            .register(registry));
        }
        hold = Timer.builder(prefix + ".hold")
                .description("From a grant of " + recipe + " until it was given back or lost")
                .register(registry);
        for (LossReason reason : LossReason.values()) {
            lost.put(
                    reason,
                    Counter.builder(prefix + ".lost")
                            .description("Grants of " + recipe + " lost before they were given back")
                            .tag("reason", tag(reason))
                            .register(registry));
        }
    }

    @Override
    public void acquired(Outcome outcome, Duration waited) {
        Objects.requireNonNull(acquire.get(outcome)).record(waited);
    }

    @Override
    public void held(Duration elapsed) {
        hold.record(elapsed);
    }

    @Override
    public void lost(LossReason reason) {
        Objects.requireNonNull(lost.get(reason)).increment();
    }

    private int sum(ToIntFunction<HoldStatus> number) {
        return status.get().stream().mapToInt(number).sum();
    }

    private static String tag(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
