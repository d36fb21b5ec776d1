package io.distsync.error;

import io.distsync.version.Version;

/** Other writers kept winning until the budget of retries was used up; carries the version that won last. */
public final class ConflictException extends NotAppliedException {

    private static final long serialVersionUID = 1L;

    private final transient Version current;

    public ConflictException(String message, Version current) {
        super(message);
        this.current = current;
    }

    /** The version that was current when the last attempt lost. */
    public Version current() {
        return current;
    }
}
