package io.distsync;

import io.distsync.backend.BackendInfo;
import io.distsync.version.Version;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a service is doing at this moment; for health, metrics and operators.
 *
 * @param topics every topic this service has used, by name
 */
public record SyncStatus(BackendInfo backend, List<TopicStatus> topics) {

    public SyncStatus {
        topics = List.copyOf(topics);
    }

    /** Calls that wait for their outcome, over all topics. */
    public long pendingUpdates() {
        return topics.stream().mapToLong(TopicStatus::pendingUpdates).sum();
    }

    /** Topics that are followed. */
    public long followedTopics() {
        return topics.stream().filter(TopicStatus::isFollowed).count();
    }

    /** Topics that are followed and not current. */
    public List<TopicStatus> notCurrent() {
        return topics.stream()
                .filter(topic -> topic.feed() != null && !topic.feed().isCurrent())
                .toList();
    }

    /**
     * One topic.
     *
     * @param version the newest version this service knows
     * @param value the newest value it knows, or {@code null}; for operators who are allowed to see values
     * @param feed how the local view stands, or {@code null} if the topic is not followed
     * @param position how far the local view has got, or {@code null} if the topic is not followed
     * @param currentAsOf when the view was last known to be current, or {@code null} if it is current, never was, or is
     *     not followed
     * @param pendingUpdates calls that wait for their outcome
     */
    public record TopicStatus(
            String name,
            String type,
            Version version,
            @Nullable Object value,
            @Nullable FeedStatus feed,
            @Nullable Version position,
            @Nullable Instant currentAsOf,
            int pendingUpdates,
            List<ListenerStatus> listeners) {

        public TopicStatus {
            listeners = List.copyOf(listeners);
        }

        /** Whether a local view of the topic is kept. */
        public boolean isFollowed() {
            return feed != null;
        }
    }

    /**
     * One listener.
     *
     * @param name what it was registered as, or its class
     * @param lag changes published and not yet delivered to it
     * @param delivered calls that returned
     * @param failed calls that threw
     * @param resets how often it was reset
     */
    public record ListenerStatus(String name, Delivery delivery, long lag, long delivered, long failed, long resets) {}
}
