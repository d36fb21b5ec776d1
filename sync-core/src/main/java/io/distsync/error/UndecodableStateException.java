package io.distsync.error;

/** The stored value cannot be decoded as the topic's type. It was left as it is; other topics are not affected. */
public final class UndecodableStateException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public UndecodableStateException(String message) {
        super(message);
    }

    public UndecodableStateException(String message, Throwable cause) {
        super(message, cause);
    }
}
