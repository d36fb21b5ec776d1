package io.distsync.backend;

/** How far a follower's view can be trusted. */
public enum FeedState {

    /** The view lags behind the store by no more than the delay of the feed. */
    CURRENT,

    /** The store cannot be reached; the view is the last one known. */
    STALE,

    /** The store can be reached and the view is being brought up to date. */
    RESYNCING
}
