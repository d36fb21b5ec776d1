package io.distsync.boot.autoconfigure;

/** A {@link io.distsync.boot.SyncLocked} method cannot be intercepted, or is not set up right. */
public final class InvalidSyncLockedException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    /**
     * A problem of one method.
     *
     * @param method the method, with its class
     */
    public InvalidSyncLockedException(String method, String problem, String action) {
        super("The @SyncLocked method " + method + " " + problem, action);
    }
}
