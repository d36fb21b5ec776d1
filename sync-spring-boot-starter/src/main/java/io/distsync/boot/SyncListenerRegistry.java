package io.distsync.boot;

import java.util.Set;

/** Knows the {@link SyncListener} methods of a context. Safe to share between threads. */
public interface SyncListenerRegistry {

    /** The ids of all listeners, running or not. */
    Set<String> ids();

    /**
     * Whether the listener is running.
     *
     * @throws IllegalArgumentException if there is no such listener
     */
    boolean isRunning(String id);

    /**
     * Starts the listener, which is told the present state first; nothing happens if it is running.
     *
     * @throws IllegalArgumentException if there is no such listener
     */
    void start(String id);

    /**
     * Stops the listener and waits for a call under way, unless that call is the caller; nothing happens if it is not
     * running.
     *
     * @throws IllegalArgumentException if there is no such listener
     */
    void stop(String id);
}
