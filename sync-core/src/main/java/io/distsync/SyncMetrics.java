package io.distsync;

import java.time.Duration;

/**
 * Receives measurements as they happen; what can be polled is in {@link SyncService#status()} instead. Methods are
 * called on the threads that do the work, so they must be quick, must not block and must not throw.
 */
public interface SyncMetrics {

    /** Measures nothing, and lets the service skip reading the clock. */
    SyncMetrics NONE = new SyncMetrics() {
        @Override
        public boolean isEnabled() {
            return false;
        }
    };

    /** Whether measurements are wanted at all. */
    default boolean isEnabled() {
        return true;
    }

    /** The service uses this topic for the first time. */
    default void opened(String topic) {}

    /**
     * A commit took effect.
     *
     * @param updates how many calls it brought to a good end, those that changed nothing included
     * @param elapsed since the calls were put together, their functions and every attempt included
     */
    default void committed(String topic, int updates, Duration elapsed) {}

    /** A commit met another writer and is tried again. */
    default void conflict(String topic) {}

    /** Calls ended without having been applied. */
    default void notApplied(String topic, int updates) {}

    /** Calls ended with an unknown outcome. */
    default void unknown(String topic, int updates) {}

    /** A listener was called; {@code failed} if it threw. */
    default void delivered(String topic, boolean failed) {}

    /** A listener fell behind its buffer, or its history was reset. */
    default void reset(String topic) {}

    /** A payload could not be decoded. */
    default void undecodable(String topic) {}
}
