package io.distsync.boot.autoconfigure.metrics;

import io.distsync.SyncMetrics;
import io.distsync.SyncService;
import io.distsync.time.TimeSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters {@code sync.*}, tagged with the topic. Only the first topics have a tag of their own and all further ones
 * share {@value #OTHER}: names such as {@code room:42} would otherwise make meters without end. Those of locks share a tag from
 * the first one on, and so do those of semaphores: there may be one for each order, and they would soon have taken all places.
 */
final class MicrometerSyncMetrics implements SyncMetrics {

    /** The tag of every topic beyond the limit. */
    static final String OTHER = "other";

    /** What topics begin with of which there may be any number. */
    private static final List<String> NUMEROUS = List.of("lock:", "held:", "semaphore:");

    private final MeterRegistry registry;
    private final ServiceMeters services;
    private final FeedView view;
    private final int maxTopics;
    private final ConcurrentHashMap<String, TopicMeters> own = new ConcurrentHashMap<>();

    /** Set once there are as many topics with meters of their own as there may be. */
    private volatile @Nullable TopicMeters others;

    MicrometerSyncMetrics(
            MeterRegistry registry,
            ServiceMeters services,
            Supplier<SyncService> service,
            TimeSource time,
            int maxTopics) {
        this.registry = registry;
        this.services = services;
        this.view = new FeedView(service, time, topic -> own.containsKey(shared(topic)) ? shared(topic) : OTHER);
        this.maxTopics = maxTopics;
    }

    @Override
    public void opened(String topic) {
        meters(topic);
        services.opened(topic);
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
        String tag = shared(topic);
        TopicMeters known = own.get(tag);
        if (known == null) {
            known = others;
        }
        return known == null ? register(tag) : known;
    }

    /** The topic, or what stands for all of its kind; no topic has an asterisk in its name. */
    private static String shared(String topic) {
        for (String prefix : NUMEROUS) {
            if (topic.startsWith(prefix)) {
                return prefix + '*';
            }
        }
        return topic;
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
