package io.distsync;

import io.distsync.version.Version;

/**
 * What a listener is told. Calls for one listener never overlap; its first is the present state, if there is one, and
 * versions strictly increase until a reset. They run on threads of the service made for listeners, so they may block:
 * other listeners are not delayed. A listener may update any topic.
 */
@FunctionalInterface
public interface SyncListenerCallbacks<T> {

    /** The state changed; a delete shows as {@code present() == false}. */
    void onChange(Versioned<T> state) throws Exception;

    /**
     * Changes between the two versions were skipped: the listener was too slow, the log was trimmed, or history itself
     * was lost or rewound. Delivery goes on after {@code current}.
     *
     * @param from the last version this listener was told
     * @param to the version of the feed from which it goes on
     */
    default void onReset(Version from, Version to, Versioned<T> current) throws Exception {
        onChange(current);
    }

    /**
     * A change could not be decoded ({@link io.distsync.error.UndecodableStateException}), or one of the methods above
     * threw. It was logged and counted already, and delivery goes on with the next change.
     */
    default void onError(Throwable error) {}

    /** What to call this listener in status, logs and metrics. */
    default String name() {
        return getClass().getName();
    }
}
