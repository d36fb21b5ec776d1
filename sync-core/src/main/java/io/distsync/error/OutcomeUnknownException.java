package io.distsync.error;

/**
 * The operation was sent and no answer is known: it was applied once, or not at all. Never retried by the library;
 * fetch the state to find out, or repeat only what is harmless to repeat.
 */
public final class OutcomeUnknownException extends SyncException {

    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(String message) {
        super(message);
    }

    public OutcomeUnknownException(String message, Throwable cause) {
        super(message, cause);
    }
}
