package io.distsync.registry;

/** Where a registration stands. */
public enum RegistrationStatus {

    /** The store has it as it is meant to be, as far as this process knows. */
    REGISTERED,

    /** The store does not have it, or not as it is meant to be, or has not answered. That goes on until it has. */
    RETRYING,

    /** Somebody registered the same id later. This one is over, and has nothing to do with the entry any more. */
    REPLACED,

    /** It was closed, or could never be made. It is over. */
    CLOSED;

    /** Whether nothing comes after this. */
    boolean isFinal() {
        return this == REPLACED || this == CLOSED;
    }
}
