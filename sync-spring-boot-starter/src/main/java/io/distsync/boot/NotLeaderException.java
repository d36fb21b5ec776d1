package io.distsync.boot;

import io.distsync.error.NotAppliedException;

/** This process does not lead, so that a {@link LeaderOnly} method was not called. */
public final class NotLeaderException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    public NotLeaderException(String message) {
        super(message);
    }
}
