package io.distsync;

import io.distsync.backend.Subscription;
import io.distsync.version.Version;
import java.util.Map;
import java.util.Optional;

/** A live local copy of a map: reads without I/O. Safe to share between threads. */
public interface MapReplica<V> extends AutoCloseable {

    /** The entry as last known; at least as new as every write this service has acknowledged since it was opened. */
    Optional<Versioned<V>> get(String key);

    /**
     * All entries as they were known at one moment; not a live view. What this service has written itself may be ahead of the
     * others: who needs entries that were together after one commit listens ({@link #onChange}).
     */
    Map<String, Versioned<V>> entries();

    /** The last change that was applied. */
    Version version();

    /** Whether the copy is current. */
    FeedStatus status();

    /** Tells the listener the entries as a snapshot, and then every change. */
    Subscription onChange(MapListener<V> listener);

    @Override
    void close();
}
