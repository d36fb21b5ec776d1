package io.distsync.boot;

/** Decides how a listener goes on after a failed delivery. */
@FunctionalInterface
public interface SyncListenerErrorHandler {

    /**
     * Called on the listener's thread, before its next delivery. If it throws, the listener goes on.
     *
     * @param listenerId the listener's id
     * @param error what the method threw, or {@link io.distsync.error.UndecodableStateException}
     */
    ErrorHandling handle(String listenerId, Throwable error);
}
