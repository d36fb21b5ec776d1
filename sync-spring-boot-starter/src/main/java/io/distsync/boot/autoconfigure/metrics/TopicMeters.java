package io.distsync.boot.autoconfigure.metrics;

import io.distsync.backend.FeedState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** The meters of one topic, or of all that share the tag "other". */
record TopicMeters(
        Counter applied,
        Counter notApplied,
        Counter unknown,
        Counter conflicts,
        DistributionSummary batch,
        Timer latency,
        Counter deliveries,
        Counter failedDeliveries,
        Counter resets,
        Counter undecodable) {

    static TopicMeters register(MeterRegistry registry, String tag, FeedView view) {
        Tags tags = Tags.of(SyncTag.TOPIC.of(tag));
        registerGauges(registry, tag, tags, view);
        return new TopicMeters(
                updates(registry, tags, "applied"),
                updates(registry, tags, "not_applied"),
                updates(registry, tags, "unknown"),
                SyncMeter.CONFLICTS.counter().tags(tags).register(registry),
                SyncMeter.COMMIT_BATCH.summary().tags(tags).register(registry),
                SyncMeter.COMMIT_LATENCY.timer().tags(tags).register(registry),
                deliveries(registry, tags, "success"),
                deliveries(registry, tags, "failure"),
                SyncMeter.LISTENER_RESETS.counter().tags(tags).register(registry),
                SyncMeter.UNDECODABLE.counter().tags(tags).register(registry));
    }

    void committed(int updates, Duration elapsed) {
        applied.increment(updates);
        batch.record(updates);
        latency.record(elapsed);
    }

    void delivered(boolean failed) {
        (failed ? failedDeliveries : deliveries).increment();
    }

    private static Counter updates(MeterRegistry registry, Tags tags, String outcome) {
        return SyncMeter.UPDATES
                .counter()
                .tags(tags.and(SyncTag.UPDATE_OUTCOME.of(outcome)))
                .register(registry);
    }

    private static Counter deliveries(MeterRegistry registry, Tags tags, String outcome) {
        return SyncMeter.LISTENER_DELIVERIES
                .counter()
                .tags(tags.and(SyncTag.DELIVERY_OUTCOME.of(outcome)))
                .register(registry);
    }

    private static void registerGauges(MeterRegistry registry, String tag, Tags tags, FeedView view) {
        SyncMeter.UPDATES_PENDING
                .gauge(view, it -> it.of(tag).pending())
                .tags(tags)
                .register(registry);
        SyncMeter.LISTENER_LAG.gauge(view, it -> it.of(tag).lag()).tags(tags).register(registry);
        SyncMeter.VIEW_AGE.gauge(view, it -> it.of(tag).ageSeconds()).tags(tags).register(registry);
        for (FeedState state : FeedState.values()) {
            SyncMeter.FEED_STATE
                    .gauge(view, it -> it.of(tag).topicsIn(state))
                    .tags(tags.and(SyncTag.FEED_STATE.of(state)))
                    .register(registry);
        }
    }
}
