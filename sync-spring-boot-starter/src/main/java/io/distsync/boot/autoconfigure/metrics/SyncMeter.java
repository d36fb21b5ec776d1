package io.distsync.boot.autoconfigure.metrics;

import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Every meter there is, in the order of docs/metrics.md, whose table is made from this. */
enum SyncMeter implements MeterDocumentation {
    UPDATES(
            "sync.updates",
            Meter.Type.COUNTER,
            null,
            "Updates, by what is known of them; those that changed nothing are applied",
            SyncTag.TOPIC,
            SyncTag.UPDATE_OUTCOME),
    UPDATES_PENDING(
            "sync.updates.pending", Meter.Type.GAUGE, null, "Updates that wait for their outcome", SyncTag.TOPIC),
    CONFLICTS(
            "sync.conflicts",
            Meter.Type.COUNTER,
            null,
            "Commits that met another writer and were tried again",
            SyncTag.TOPIC),
    COMMIT_BATCH(
            "sync.commit.batch",
            Meter.Type.DISTRIBUTION_SUMMARY,
            "updates",
            "Updates that travelled in one commit",
            SyncTag.TOPIC),
    COMMIT_LATENCY(
            "sync.commit.latency",
            Meter.Type.TIMER,
            "seconds",
            "From when the updates of a commit were put together to their outcome, every attempt included",
            SyncTag.TOPIC),
    LISTENER_DELIVERIES(
            "sync.listener.deliveries",
            Meter.Type.COUNTER,
            null,
            "Calls of listeners",
            SyncTag.TOPIC,
            SyncTag.DELIVERY_OUTCOME),
    LISTENER_LAG(
            "sync.listener.lag",
            Meter.Type.GAUGE,
            "changes",
            "Changes the slowest listener has not been told yet",
            SyncTag.TOPIC),
    LISTENER_RESETS(
            "sync.listener.resets",
            Meter.Type.COUNTER,
            null,
            "Times a listener fell behind its buffer, or its history was reset",
            SyncTag.TOPIC),
    UNDECODABLE("sync.undecodable", Meter.Type.COUNTER, null, "Stored values that could not be decoded", SyncTag.TOPIC),
    FEED_STATE(
            "sync.feed.state",
            Meter.Type.GAUGE,
            "topics",
            "Followed topics whose local view is in this state",
            SyncTag.TOPIC,
            SyncTag.FEED_STATE),
    VIEW_AGE(
            "sync.view.age",
            Meter.Type.GAUGE,
            "seconds",
            "Time since the local view was current, 0 while it is; of the oldest, if several; no number if none is followed",
            SyncTag.TOPIC),
    BACKEND_UNREACHABLE(
            "sync.backend.unreachable",
            Meter.Type.GAUGE,
            "seconds",
            "Time for which the store has not answered, 0 while it does"),
    BROADCAST_PENDING(
            "sync.broadcast.pending",
            Meter.Type.GAUGE,
            "commits",
            "Kafka mode: commits that are not known to be broadcast, whoever made them"),
    BROADCAST_UNREACHABLE(
            "sync.broadcast.unreachable",
            Meter.Type.GAUGE,
            "seconds",
            "Kafka mode: time for which no broker has answered, 0 while one does"),
    LOCKS_HELD("sync.locks.held", Meter.Type.GAUGE, "locks", "Locks held here"),
    LOCKS_WAITING("sync.locks.waiting", Meter.Type.GAUGE, "claims", "Claims of this node that wait for a lock"),
    LOCKS_ACQUIRE(
            "sync.locks.acquire",
            Meter.Type.TIMER,
            "seconds",
            "From asking for a lock to what came of it; those who gave up are not in it",
            SyncTag.ACQUIRE_OUTCOME),
    LOCKS_HOLD(
            "sync.locks.hold",
            Meter.Type.TIMER,
            "seconds",
            "From the grant of a lock until it was given back or lost, and the store was told"),
    LOCKS_LOST(
            "sync.locks.lost", Meter.Type.COUNTER, null, "Locks lost before they were given back", SyncTag.LOSS_REASON),
    SEMAPHORES_HELD(
            "sync.semaphores.held",
            Meter.Type.GAUGE,
            "semaphores",
            "Grants of semaphores held here, each for however many permits"),
    SEMAPHORES_WAITING(
            "sync.semaphores.waiting", Meter.Type.GAUGE, "claims", "Claims of this node that wait for permits"),
    SEMAPHORES_ACQUIRE(
            "sync.semaphores.acquire",
            Meter.Type.TIMER,
            "seconds",
            "From asking for permits to what came of it; those who gave up are not in it",
            SyncTag.ACQUIRE_OUTCOME),
    SEMAPHORES_HOLD(
            "sync.semaphores.hold",
            Meter.Type.TIMER,
            "seconds",
            "From the grant of permits until they were given back or lost, and the store was told"),
    SEMAPHORES_LOST(
            "sync.semaphores.lost",
            Meter.Type.COUNTER,
            null,
            "Grants of permits lost before they were given back",
            SyncTag.LOSS_REASON),
    LEADER(
            "sync.leader",
            Meter.Type.GAUGE,
            null,
            "1 while this node leads for certain, else 0; from its first term on, for elections of annotated methods",
            SyncTag.ELECTION),
    LEADER_CHANGES(
            "sync.leader.changes",
            Meter.Type.COUNTER,
            null,
            "Terms of this node in elections of annotated methods",
            SyncTag.ELECTION),
    REGISTRATIONS(
            "sync.registrations",
            Meter.Type.GAUGE,
            "instances",
            "Instances registered here",
            SyncTag.REGISTRATION_STATUS),
    REGISTRY_INSTANCES(
            "sync.registry.instances",
            Meter.Type.GAUGE,
            "instances",
            "Instances of a service as they are known here; no number if this node does not follow the service",
            SyncTag.SERVICE,
            SyncTag.INSTANCE_STATUS);

    private final String id;
    private final Meter.Type type;
    private final @Nullable String unit;
    private final String description;

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<KeyName> tags;

    SyncMeter(String id, Meter.Type type, @Nullable String unit, String description, SyncTag... tags) {
        this.id = id;
        this.type = type;
        this.unit = unit;
        this.description = description;
        this.tags = List.of(tags);
    }

    @Override
    public String getName() {
        return id;
    }

    @Override
    public Meter.Type getType() {
        return type;
    }

    @Override
    public @Nullable String getBaseUnit() {
        return unit;
    }

    @Override
    public KeyName[] getKeyNames() {
        return tags.toArray(EMPTY);
    }

    String description() {
        return description;
    }

    Counter.Builder counter() {
        return Counter.builder(id).description(description).baseUnit(unit);
    }

    /** A timer. Its unit is the registry's. */
    Timer.Builder timer() {
        return Timer.builder(id).description(description);
    }

    DistributionSummary.Builder summary() {
        return DistributionSummary.builder(id).description(description).baseUnit(unit);
    }

    <T> Gauge.Builder<T> gauge(T source, ToDoubleFunction<T> value) {
        return Gauge.builder(id, source, value).description(description).baseUnit(unit);
    }

    /** A gauge of milliseconds. Its unit is the registry's. */
    <T> TimeGauge.Builder<T> millis(T source, ToDoubleFunction<T> value) {
        return TimeGauge.builder(id, source, TimeUnit.MILLISECONDS, value).description(description);
    }
}
