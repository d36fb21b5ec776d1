package io.distsync.lease;

/** Why something that was held on a lease is not held any more. */
public enum LossReason {

    /** It was not renewed in time, by the clock of this process; the store may grant it to somebody else from now on. */
    EXPIRED,

    /** The store does not have it any more: it expired or was deleted there, or the store lost it. */
    GONE,

    /** It was held for as long as was asked for at most. */
    MAXIMUM_HOLD
}
