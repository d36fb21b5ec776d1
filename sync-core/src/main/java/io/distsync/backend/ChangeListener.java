package io.distsync.backend;

import io.distsync.version.Version;
import java.util.List;

/**
 * Receives what a follower is told. Calls for one subscription never overlap and are in the topic's order. They come on
 * a thread that commits or reads for others, so they must be short, must not block and must not commit to the same
 * topic; an exception is logged and the feed goes on.
 */
public interface ChangeListener {

    /**
     * A page of the state. The pages of one snapshot come in a row, {@code more} tells whether another follows, and
     * nothing held before and not contained in them exists any more. Read at several moments, a page may already hold
     * what a later {@link #onChanges} brings: apply each only if it is newer than what is held for the key.
     */
    void onSnapshot(Page page);

    /** The changes of one commit that are in scope, to be made visible together. */
    void onChanges(List<Change> changes);

    /**
     * What happened between the two positions cannot be told any more: trimmed, or the history itself was lost or
     * rewound. A snapshot follows in the scopes that have one. {@code to} may be older than {@code from}.
     */
    void onReset(Version from, Version to);

    /** The feed's state changed. */
    void onState(FeedState state);
}
