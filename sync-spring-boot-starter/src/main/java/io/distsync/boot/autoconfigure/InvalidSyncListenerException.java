package io.distsync.boot.autoconfigure;

/** A {@link io.distsync.boot.SyncListener} method cannot be called, or is not set up right. */
public final class InvalidSyncListenerException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    /**
     * A problem of one method.
     *
     * @param method the method, with its class
     */
    public InvalidSyncListenerException(String method, String problem, String action) {
        super("The @SyncListener method " + method + " " + problem, action);
    }
}
