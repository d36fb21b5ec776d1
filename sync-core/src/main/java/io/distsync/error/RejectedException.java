package io.distsync.error;

/** The request can never succeed as it stands: over a limit, a request id used twice, a number out of range, a foreign or newer data layout. Repeating it unchanged is pointless. */
public final class RejectedException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public RejectedException(String message) {
        super(message);
    }

    public RejectedException(String message, Throwable cause) {
        super(message, cause);
    }
}
