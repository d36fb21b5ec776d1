package io.distsync.error;

import io.distsync.version.Version;

/**
 * Changes were skipped on the way to a subscriber that has no other way to learn it: it was too slow for the bounded
 * buffer, or the history it was following is gone. Subscribing again starts from the present state.
 */
public final class SkippedChangesException extends SyncException {

    private static final long serialVersionUID = 1L;

    private final transient Version from;
    private final transient Version to;

    public SkippedChangesException(Version from, Version to) {
        super("changes after " + from + " up to " + to
                + " were skipped; subscribe again to go on from the present state");
        this.from = from;
        this.to = to;
    }

    /** The last version that was delivered. */
    public Version from() {
        return from;
    }

    /** The version at which the feed goes on. */
    public Version to() {
        return to;
    }
}
