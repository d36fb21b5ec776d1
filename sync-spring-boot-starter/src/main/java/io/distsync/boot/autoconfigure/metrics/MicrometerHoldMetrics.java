package io.distsync.boot.autoconfigure.metrics;

import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldStatus;
import io.distsync.lease.LossReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
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
     * @param status asked for when a gauge is read: the recipe is built with this
     */
    MicrometerHoldMetrics(MeterRegistry registry, Recipe recipe, Supplier<List<HoldStatus>> status) {
        this.status = status;
        recipe.held.gauge(this, it -> it.sum(each -> each.grants().size())).register(registry);
        recipe.waiting.gauge(this, it -> it.sum(HoldStatus::waiting)).register(registry);
        for (Outcome outcome : Outcome.values()) {
            Tags tags = Tags.of(SyncTag.ACQUIRE_OUTCOME.of(outcome));
            acquire.put(outcome, recipe.acquire.timer().tags(tags).register(registry));
        }
        hold = recipe.hold.timer().register(registry);
        for (LossReason reason : LossReason.values()) {
            Tags tags = Tags.of(SyncTag.LOSS_REASON.of(reason));
            lost.put(reason, recipe.lost.counter().tags(tags).register(registry));
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

    /** Whose meters they are. */
    enum Recipe {
        LOCKS(
                SyncMeter.LOCKS_HELD,
                SyncMeter.LOCKS_WAITING,
                SyncMeter.LOCKS_ACQUIRE,
                SyncMeter.LOCKS_HOLD,
                SyncMeter.LOCKS_LOST),
        SEMAPHORES(
                SyncMeter.SEMAPHORES_HELD,
                SyncMeter.SEMAPHORES_WAITING,
                SyncMeter.SEMAPHORES_ACQUIRE,
                SyncMeter.SEMAPHORES_HOLD,
                SyncMeter.SEMAPHORES_LOST);

        private final SyncMeter held;
        private final SyncMeter waiting;
        private final SyncMeter acquire;
        private final SyncMeter hold;
        private final SyncMeter lost;

        Recipe(SyncMeter held, SyncMeter waiting, SyncMeter acquire, SyncMeter hold, SyncMeter lost) {
            this.held = held;
            this.waiting = waiting;
            this.acquire = acquire;
            this.hold = hold;
            this.lost = lost;
        }
    }
}
