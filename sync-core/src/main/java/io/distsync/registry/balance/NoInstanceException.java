package io.distsync.registry.balance;

import io.distsync.error.NotAppliedException;

/** No instance takes calls; the call was not made. */
public final class NoInstanceException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public NoInstanceException(String message) {
        super(message);
    }
}
