package io.distsync.election;

/** Why a term is over. */
public enum RevocationReason {

    /** It was not renewed in time, by the clock of this process; the store may elect somebody else from now on. */
    EXPIRED,

    /** The store does not have it any more: it expired or was deleted there, or the store lost it. */
    GONE,

    /** {@link Candidacy#resign()} was called. */
    RESIGNED,

    /** The health check of the candidate failed. */
    UNHEALTHY,

    /** A candidate of a higher priority asked for it. */
    FAIL_BACK,

    /** {@link LeadershipListener#elected} threw. */
    FAILED,

    /** The candidacy, or all of the elections of this process, were closed. */
    CLOSED
}
