package io.distsync.boot.autoconfigure;

import io.distsync.FeedStatus;
import io.distsync.SyncStatus;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** For how long a local view has not been current; for health, metrics and the endpoint. */
public final class ViewAge {

    private ViewAge() {}

    /** That of a topic that is followed, zero while it is current. A view that never was is as old as the attempt to make it so. */
    public static Duration of(SyncStatus.TopicStatus topic, Instant now) {
        FeedStatus feed = topic.feed();
        if (feed == null || feed.isCurrent()) {
            return Duration.ZERO;
        }
        Instant since = topic.currentAsOf() == null ? notCurrentSince(feed) : topic.currentAsOf();
        return since == null ? Duration.ZERO : Duration.between(since, now);
    }

    /** Since when a view is not current, or {@code null} if it is. */
    public static @Nullable Instant notCurrentSince(FeedStatus feed) {
        if (feed instanceof FeedStatus.Stale stale) {
            return stale.since();
        }
        return feed instanceof FeedStatus.Resyncing resyncing ? resyncing.since() : null;
    }
}
