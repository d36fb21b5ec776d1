package io.distsync.error;

/** The deadline passed before anything was sent, or after every attempt was refused. */
public final class DeadlineExceededException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public DeadlineExceededException(String message) {
        super(message);
    }

    public DeadlineExceededException(String message, Throwable cause) {
        super(message, cause);
    }
}
