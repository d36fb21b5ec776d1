package io.distsync.election;

/**
 * What a candidate is told. The calls of one candidacy never overlap and come in pairs: each {@code elected} is followed by
 * one {@code revoked} of the same term, and only then by the next {@code elected}. They run on threads made for them, and
 * may block.
 */
public interface LeadershipListener {

    /**
     * This process leads from now on. It may return at once, or stay for as long as the term lasts if it looks after it: by
     * {@link LeaderTerm#isValid()} or {@link LeaderTerm#onLost}. A process that was paused may be called for a term that is
     * over already.
     *
     * <p>What it throws is logged and ends the term ({@link RevocationReason#FAILED}), so that another candidate is elected;
     * this one stands again after the time of its lease.
     */
    void elected(LeaderTerm term) throws Exception;

    /**
     * The term is over; it has not been valid for a moment already. Called after {@code elected} has returned. While it runs,
     * this process does not stand for election; if it leads no more by choice ({@code RESIGNED}, {@code FAIL_BACK}, {@code
     * UNHEALTHY}, {@code FAILED}, {@code CLOSED}), nobody else is elected before it has returned, or the rest of the lease
     * is over. What it throws is logged.
     */
    void revoked(LeaderTerm term, RevocationReason reason) throws Exception;
}
