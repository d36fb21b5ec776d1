package io.distsync.boot.autoconfigure.metrics;

import io.distsync.backend.FeedState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

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
        Tags tags = Tags.of("topic", tag);
        registerGauges(registry, tag, tags, view);
        return new TopicMeters(
                updates(registry, tags, "applied"),
                updates(registry, tags, "not_applied"),
                updates(registry, tags, "unknown"),
                Counter.builder("sync.conflicts")
                        .description("Commits that met another writer and were tried again")
                        .tags(tags)
                        .register(registry),
                DistributionSummary.builder("sync.commit.batch")
                        .description("Updates that travelled in one commit")
                        .baseUnit("updates")
                        .tags(tags)
                        .register(registry),
                Timer.builder("sync.commit.latency")
                        .description("From the oldest update of a commit, or its first attempt, to its outcome")
                        .tags(tags)
                        .register(registry),
                deliveries(registry, tags, "success"),
                deliveries(registry, tags, "failure"),
                Counter.builder("sync.listener.resets")
                        .description("Times a listener fell behind its buffer, or its history was reset")
                        .tags(tags)
                        .register(registry),
                Counter.builder("sync.undecodable")
                        .description("Stored values that could not be decoded")
                        .tags(tags)
                        .register(registry));
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
        return Counter.builder("sync.updates")
                .description("Updates by what is known of them")
                .tags(tags.and("outcome", outcome))
                .register(registry);
    }

    private static Counter deliveries(MeterRegistry registry, Tags tags, String outcome) {
        return Counter.builder("sync.listener.deliveries")
                .description("Calls of listeners")
                .tags(tags.and("outcome", outcome))
                .register(registry);
    }

    private static void registerGauges(MeterRegistry registry, String tag, Tags tags, FeedView view) {
        gauge("sync.updates.pending", view, it -> it.of(tag).pending())
                .description("Updates that wait for their outcome")
                .tags(tags)
                .register(registry);
        gauge("sync.listener.lag", view, it -> it.of(tag).lag())
                .description("Changes the slowest listener has not been told yet")
                .baseUnit("changes")
                .tags(tags)
                .register(registry);
        gauge("sync.view.age", view, it -> it.of(tag).ageSeconds())
                .description("Time since the local view was current, 0 while it is; of the oldest, if several")
                .baseUnit("seconds")
                .tags(tags)
                .register(registry);
        for (FeedState state : FeedState.values()) {
            gauge("sync.feed.state", view, it -> it.of(tag).topicsIn(state))
                    .description("Followed topics whose local view is in this state")
                    .baseUnit("topics")
                    .tags(tags.and("state", state.name().toLowerCase(Locale.ROOT)))
                    .register(registry);
        }
    }

    private static Gauge.Builder<FeedView> gauge(String name, FeedView view, ToDoubleFunction<FeedView> value) {
        return Gauge.builder(name, view, value);
    }
}
