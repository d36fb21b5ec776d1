package io.distsync.error;

/**
 * The operation certainly had no effect and will have none. It is safe to call again.
 *
 * <p>Subclasses say why, where a caller can act on it; this class itself stands for the remaining reasons, such as an
 * interrupted wait.
 */
public class NotAppliedException extends SyncException {

    private static final long serialVersionUID = 1L;

    public NotAppliedException(String message) {
        super(message);
    }

    public NotAppliedException(String message, Throwable cause) {
        super(message, cause);
    }
}
