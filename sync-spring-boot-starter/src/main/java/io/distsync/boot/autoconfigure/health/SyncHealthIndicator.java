package io.distsync.boot.autoconfigure.health;

import io.distsync.FeedStatus;
import io.distsync.SyncService;
import io.distsync.SyncStatus;
import io.distsync.backend.BackendInfo;
import io.distsync.boot.autoconfigure.ViewAge;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * {@link Status#UP} while the store answers, its changes are broadcast and every followed topic is current, {@link
 * Status#DOWN} when the store has been unreachable for too long, or the service is closed, and {@link #DEGRADED} otherwise.
 * A broadcast alone that fails is never worse than that: followers read from the store then.
 */
public final class SyncHealthIndicator extends AbstractHealthIndicator {

    /** The application works, but what it knows of the shared state may be old. Answered with HTTP 200 by default. */
    public static final Status DEGRADED = new Status(
            "DEGRADED", "The store does not answer, its changes are not broadcast, or a followed topic is not current");

    /** More names would not tell an operator more, and 10,000 topics would make a long answer. */
    private static final int MAX_NAMES = 20;

    private final SyncService service;
    private final TimeSource time;
    private final Duration downAfter;

    /**
     * An indicator for one service.
     *
     * @param downAfter how long the store may be unreachable
     */
    public SyncHealthIndicator(SyncService service, TimeSource time, Duration downAfter) {
        super("the state of the synchronisation service could not be read");
        this.service = service;
        this.time = time;
        this.downAfter = downAfter;
    }

    @Override
    protected void doHealthCheck(Health.Builder builder) {
        SyncStatus status = service.status();
        List<SyncStatus.TopicStatus> notCurrent = status.notCurrent();
        Instant unreachableSince = status.backend().unreachableSince();
        BackendInfo.Broadcast broadcast = status.backend().broadcast();
        builder.status(judge(unreachableSince, broadcast, notCurrent))
                .withDetail("mode", status.backend().name())
                .withDetail("followedTopics", status.followedTopics())
                .withDetail("staleTopics", notCurrent.size())
                .withDetail("pendingUpdates", status.pendingUpdates());
        if (!notCurrent.isEmpty()) {
            builder.withDetail("stale", describe(notCurrent));
        }
        if (unreachableSince != null) {
            builder.withDetail("unreachableSince", unreachableSince.toString());
        }
        if (broadcast != null) {
            builder.withDetail("broadcast", describe(broadcast));
        }
        Map<String, String> store = status.backend().details();
        if (!store.isEmpty()) {
            builder.withDetail("store", new TreeMap<>(store)); // always in the same order
        }
    }

    private Status judge(
            @Nullable Instant unreachableSince, BackendInfo.@Nullable Broadcast broadcast, List<?> notCurrent) {
        if (service.isClosed() || (unreachableSince != null && isOver(unreachableSince))) {
            return Status.DOWN;
        }
        boolean isBroadcast = broadcast == null || broadcast.isWell();
        return unreachableSince == null && isBroadcast && notCurrent.isEmpty() ? Status.UP : DEGRADED;
    }

    private boolean isOver(Instant unreachableSince) {
        return Duration.between(unreachableSince, time.instant()).compareTo(downAfter) >= 0;
    }

    private static Map<String, Object> describe(BackendInfo.Broadcast broadcast) {
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("system", broadcast.system());
        if (broadcast.unreachableSince() != null) {
            described.put("unreachableSince", broadcast.unreachableSince().toString());
        }
        described.put("pending", broadcast.pending());
        if (broadcast.problem() != null) {
            described.put("problem", broadcast.problem());
        }
        return described;
    }

    private static Map<String, String> describe(List<SyncStatus.TopicStatus> topics) {
        Map<String, String> described = new LinkedHashMap<>();
        topics.stream().limit(MAX_NAMES).forEach(topic -> described.put(topic.name(), describe(topic.feed())));
        return described;
    }

    private static String describe(@Nullable FeedStatus feed) {
        return feed == null || feed.isCurrent()
                ? "CURRENT"
                : feed.state().name() + " since " + ViewAge.notCurrentSince(feed);
    }
}
