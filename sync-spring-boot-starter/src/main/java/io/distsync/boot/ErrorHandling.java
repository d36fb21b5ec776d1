package io.distsync.boot;

/** What becomes of a listener after a failed delivery; the failure is logged and counted either way. */
public enum ErrorHandling {

    /** Goes on with the next change. The failed one is not repeated. */
    LOG_AND_CONTINUE,

    /** Stops the listener until {@link SyncListenerRegistry#start} or the next start of the context. */
    STOP_LISTENER
}
