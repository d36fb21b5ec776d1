package io.distsync.error;

/** The store could not be reached, and this attempt certainly did not reach it. Worth a later try. */
public final class BackendUnavailableException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public BackendUnavailableException(String message) {
        super(message);
    }

    public BackendUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
