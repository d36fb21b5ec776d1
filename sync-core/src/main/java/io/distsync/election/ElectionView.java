package io.distsync.election;

import io.distsync.FeedStatus;
import io.distsync.backend.Subscription;
import java.util.Optional;
import java.util.function.Consumer;

/** Who leads, for those who do not stand for election themselves. Reads without I/O. Safe to share between threads. */
public interface ElectionView extends AutoCloseable {

    /** The leader as last known; empty if there is none, or until the view has been loaded. */
    Optional<Leader> leader();

    /** Whether what is known is current. */
    FeedStatus status();

    /**
     * Tells the leader as it is known now, and then each other one; empty while there is none. Calls for one listener never
     * overlap and run on threads made for listeners.
     */
    Subscription onChange(Consumer<Optional<Leader>> listener);

    /** Ends the view and its listeners. */
    @Override
    void close();
}
