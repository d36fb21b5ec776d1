package io.distsync.error;

/** An update met an absent state, and its topic declares no initial value to start from. */
public final class AbsentStateException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public AbsentStateException(String message) {
        super(message);
    }

    public AbsentStateException(String message, Throwable cause) {
        super(message, cause);
    }
}
