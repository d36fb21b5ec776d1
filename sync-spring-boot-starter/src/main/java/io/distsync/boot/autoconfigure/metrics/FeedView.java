package io.distsync.boot.autoconfigure.metrics;

import io.distsync.FeedStatus;
import io.distsync.SyncService;
import io.distsync.SyncStatus;
import io.distsync.backend.FeedState;
import io.distsync.boot.autoconfigure.ViewAge;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What the gauges read: the service's status, added up by tag. One scrape reads many gauges, so a status serves all of
 * them for a moment.
 */
final class FeedView {

    private static final long FRESH_NANOS = Duration.ofMillis(100).toNanos();
    private static final Sum NOTHING = new Sum();

    private final Supplier<SyncService> service;
    private final TimeSource time;
    private final UnaryOperator<String> tagOf;
    private @Nullable Map<String, Sum> sums;
    private long takenAtNanos;

    /**
     * A view of the service.
     *
     * @param tagOf the tag of a topic
     */
    FeedView(Supplier<SyncService> service, TimeSource time, UnaryOperator<String> tagOf) {
        this.service = service;
        this.time = time;
        this.tagOf = tagOf;
    }

    synchronized Sum of(String tag) {
        Map<String, Sum> known = sums;
        long now = time.nanos();
        if (known == null || now - takenAtNanos >= FRESH_NANOS) {
            known = addUp(service.get().status(), time.instant());
            sums = known;
            takenAtNanos = now;
        }
        return known.getOrDefault(tag, NOTHING);
    }

    private Map<String, Sum> addUp(SyncStatus status, Instant now) {
        Map<String, Sum> byTag = new HashMap<>();
        status.topics()
                .forEach(topic -> byTag.computeIfAbsent(tagOf.apply(topic.name()), tag -> new Sum())
                        .add(topic, now));
        return byTag;
    }

    /** The topics of one tag. */
    static final class Sum {

        private final Map<FeedState, Integer> states = new EnumMap<>(FeedState.class);
        private long pending;
        private long lag;
        private double ageSeconds = Double.NaN;

        private void add(SyncStatus.TopicStatus topic, Instant now) {
            pending += topic.pendingUpdates();
            topic.listeners().forEach(listener -> lag = Math.max(lag, listener.lag()));
            FeedStatus feed = topic.feed();
            if (feed != null) {
                states.merge(feed.state(), 1, Integer::sum);
                double age = ViewAge.of(topic, now).toMillis() / 1_000.0;
                ageSeconds = Double.isNaN(ageSeconds) ? age : Math.max(ageSeconds, age);
            }
        }

        double pending() {
            return pending;
        }

        double lag() {
            return lag;
        }

        /** Not a number if none of the topics is followed. */
        double ageSeconds() {
            return ageSeconds;
        }

        double topicsIn(FeedState state) {
            return states.getOrDefault(state, 0);
        }
    }
}
