package io.distsync.lease;

/** What giving back something held came to. */
public enum Release {

    /**
     * It was held until now, and is free with the last of its grants, or when its lease is over if the store cannot be
     * reached. Nobody else had it in the meantime.
     */
    RELEASED,

    /** It was lost before, or given back already. Somebody else may have had it in the meantime. */
    ALREADY_LOST
}
