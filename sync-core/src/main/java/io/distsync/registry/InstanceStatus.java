package io.distsync.registry;

/** Whether an instance takes calls. */
public enum InstanceStatus {

    /** It does. */
    UP,

    /** It finishes what it has begun, and is not to be given anything new. */
    DRAINING,

    /** It is there, but says of itself, or a health check says of it, that it cannot serve. */
    DOWN
}
