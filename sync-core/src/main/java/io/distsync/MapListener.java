package io.distsync;

import io.distsync.backend.FeedState;
import io.distsync.version.Version;
import java.util.List;

/**
 * Follows a map. Calls for one listener never overlap, are in the topic's order and run on threads made for listeners.
 */
public interface MapListener<V> {

    /** All entries in scope as they stand; what is not among them is absent. */
    default void onSnapshot(List<MapEntry<V>> entries, Version head) throws Exception {}

    /** The changes of one commit. */
    void onChanges(List<MapChange<V>> changes) throws Exception;

    /** Changes between the two positions were skipped; a snapshot follows in the scopes that have one. */
    default void onReset(Version from, Version to) throws Exception {}

    /** Whether what was told so far is current. */
    default void onState(FeedState state) throws Exception {}

    /** A change could not be decoded, or one of the methods above threw; delivery goes on. */
    default void onError(Throwable error) {}
}
