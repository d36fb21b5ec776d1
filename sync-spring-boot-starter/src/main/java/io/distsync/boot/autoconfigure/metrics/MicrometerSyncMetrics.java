package io.distsync.boot.autoconfigure.metrics;

import io.distsync.SyncMetrics;
import io.distsync.SyncService;
import io.distsync.time.TimeSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters {@code sync.*}, tagged with the topic. Only the first topics have a tag of their own and all further ones
 * share {@value #OTHER}: names such as {@code room:42} would otherwise make meters without end.
 */
final class MicrometerSyncMetrics implements SyncMetrics {

    /** The tag of every topic beyond the limit. */
    static final String OTHER = "other";

    private final MeterRegistry registry;
    private final FeedView view;
    private final int maxTopics;
    private final ConcurrentHashMap<String, TopicMeters> own = new ConcurrentHashMap<>();

    /** Set once there are as many topics with meters of their own as there may be. */
    private volatile @Nullable TopicMeters others;

    MicrometerSyncMetrics(MeterRegistry registry, Supplier<SyncService> service, TimeSource time, int maxTopics) {
        this.registry = registry;
        this.view = new FeedView(service, time, topic -> own.containsKey(topic) ? topic : OTHER);
        this.maxTopics = maxTopics;
    }

    @Override
    public void opened(String topic) {
        meters(topic);
    }

    @Override
    public void committed(String topic, int updates, Duration elapsed) {
        meters(topic).committed(updates, elapsed);
    }

    @Override
    public void conflict(String topic) {
        meters(topic).conflicts().increment();
    }

    @Override
    public void notApplied(String topic, int updates) {
        meters(topic).notApplied().increment(updates);
    }

    @Override
    public void unknown(String topic, int updates) {
        meters(topic).unknown().increment(updates);
    }

    @Override
    public void delivered(String topic, boolean failed) {
        meters(topic).delivered(failed);
    }

    @Override
    public void reset(String topic) {
        meters(topic).resets().increment();
    }

    @Override
    public void undecodable(String topic) {
        meters(topic).undecodable().increment();
    }

    private TopicMeters meters(String topic) {
        TopicMeters known = own.get(topic);
        if (known == null) {
            known = others;
        }
        return known == null ? register(topic) : known;
    }

    private synchronized TopicMeters register(String topic) {
        TopicMeters known = own.get(topic);
        if (known != null) {
            return known;
        }
        if (own.size() < maxTopics) {
            TopicMeters mine = TopicMeters.register(registry, topic, view);
            own.put(topic, mine);
            return mine;
        }
        TopicMeters rest = others == null ? TopicMeters.register(registry, OTHER, view) : others;
        others = rest;
        return rest;
    }
}
