package io.distsync.error;

/**
 * Root of everything distsync throws about an operation. The two subclasses that matter tell what the caller knows:
 * {@link NotAppliedException} (nothing was written, nor ever will be by this call) and {@link
 * OutcomeUnknownException} (it may or may not have been written). The one is never turned into the other.
 */
public abstract class SyncException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    protected SyncException(String message) {
        super(message);
    }

    protected SyncException(String message, Throwable cause) {
        super(message, cause);
    }
}
