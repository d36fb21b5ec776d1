package io.distsync;

import io.distsync.backend.FeedState;
import java.time.Instant;

/** Whether a local view is current, and if not, since when. */
public sealed interface FeedStatus {

    /** The state without the time. */
    FeedState state();

    /** Whether the view lags behind by no more than the delay of the feed. */
    default boolean isCurrent() {
        return state() == FeedState.CURRENT;
    }

    /** The view follows the store. */
    record Current() implements FeedStatus {
        @Override
        public FeedState state() {
            return FeedState.CURRENT;
        }
    }

    /** The store cannot be reached, or the handle was closed; the view is the last one known. */
    record Stale(Instant since) implements FeedStatus {
        @Override
        public FeedState state() {
            return FeedState.STALE;
        }
    }

    /** The view is being brought up to date. */
    record Resyncing(Instant since) implements FeedStatus {
        @Override
        public FeedState state() {
            return FeedState.RESYNCING;
        }
    }
}
