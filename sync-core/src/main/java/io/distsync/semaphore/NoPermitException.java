package io.distsync.semaphore;

import io.distsync.error.NotAppliedException;

/** Others held the permits for as long as was to be waited; what was to be done with one was not begun. */
public final class NoPermitException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public NoPermitException(String message) {
        super(message);
    }
}
