package io.distsync.boot.autoconfigure;

import java.lang.annotation.Annotation;

/** A method with an annotation such as {@link io.distsync.boot.SyncLocked} cannot be intercepted, or is not set up right. */
public final class InvalidSyncMethodException extends SyncConfigurationException {

    private static final long serialVersionUID = 1L;

    /**
     * A problem of one method.
     *
     * @param method the method, with its class
     */
    public InvalidSyncMethodException(
            Class<? extends Annotation> annotation, String method, String problem, String action) {
        super("The @" + annotation.getSimpleName() + " method " + method + " " + problem, action);
    }
}
