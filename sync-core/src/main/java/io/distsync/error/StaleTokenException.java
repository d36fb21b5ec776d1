package io.distsync.error;

import io.distsync.version.Version;

/** Somebody has written with a newer fencing token: whoever has this one is not the holder any more. Nothing was written. */
public final class StaleTokenException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    private final transient Version newest;

    public StaleTokenException(String message, Version newest) {
        super(message);
        this.newest = newest;
    }

    /** The newest token the topic has seen. */
    public Version newest() {
        return newest;
    }
}
