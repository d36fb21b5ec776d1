package io.distsync.boot.autoconfigure.metrics;

import io.distsync.lease.HoldMetrics;
import io.distsync.lease.HoldStatus;
import io.distsync.lease.LossReason;
import io.distsync.lock.SyncLocks;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** The meters {@code sync.locks.*}. Names of locks are no tags: there may be one for each order. */
final class MicrometerLockMetrics implements HoldMetrics {

    private final Supplier<@Nullable SyncLocks> locks;
    private final Map<Outcome, Timer> acquire = new EnumMap<>(Outcome.class);
    private final Timer hold;
    private final Map<LossReason, Counter> lost = new EnumMap<>(LossReason.class);

    /** @param locks asked for when a gauge is read: they are built with this */
    MicrometerLockMetrics(MeterRegistry registry, Supplier<@Nullable SyncLocks> locks) {
        this.locks = locks;
        Gauge.builder(
                        "sync.locks.held",
                        this,
                        it -> it.sum(status -> status.grants().size()))
                .description("Locks held here")
                .baseUnit("locks")
                .register(registry);
        Gauge.builder("sync.locks.waiting", this, it -> it.sum(HoldStatus::waiting))
                .description("Claims of this node that wait for a lock")
                .baseUnit("claims")
                .register(registry);
        for (Outcome outcome : Outcome.values()) {
            acquire.put(
                    outcome,
                    Timer.builder("sync.locks.acquire")
                            .description("From asking for a lock to what came of it")
                            .tag("outcome", tag(outcome))
                            .register(registry));
        }
        hold = Timer.builder("sync.locks.hold")
                .description("From the grant of a lock until it was given back or lost")
                .register(registry);
        for (LossReason reason : LossReason.values()) {
            lost.put(
                    reason,
                    Counter.builder("sync.locks.lost")
                            .description("Locks lost before they were given back")
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
        SyncLocks known = locks.get();
        return known == null ? 0 : known.status().stream().mapToInt(number).sum();
    }

    private static String tag(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
