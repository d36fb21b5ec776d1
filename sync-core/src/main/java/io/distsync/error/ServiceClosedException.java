package io.distsync.error;

/** The service, map or handle was closed before the operation took effect. */
public final class ServiceClosedException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public ServiceClosedException(String message) {
        super(message);
    }

    public ServiceClosedException(String message, Throwable cause) {
        super(message, cause);
    }
}
