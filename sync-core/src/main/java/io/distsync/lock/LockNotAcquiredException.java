package io.distsync.lock;

import io.distsync.error.NotAppliedException;

/** Others held the lock for as long as was to be waited; what was to be done with it was not begun. */
public final class LockNotAcquiredException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public LockNotAcquiredException(String message) {
        super(message);
    }
}
