package io.distsync.election;

import io.distsync.lease.FencingToken;
import io.distsync.lease.KeptLease;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A term of a candidate of this process. */
final class Term implements LeaderTerm {

    /*
     * Threads. Users', and the candidate's, which ends it. The monitor guards the reason and the callbacks; no callback is called
     * under it.
     */

    private final SyncElections elections;
    private final String election;
    private final Version version;

    /** Set before anybody else sees the term. */
    private @Nullable KeptLease lease;

    private @Nullable RevocationReason over;
    private final List<Consumer<RevocationReason>> callbacks = new ArrayList<>(0);

    Term(SyncElections elections, String election, Version version) {
        this.elections = elections;
        this.election = election;
        this.version = version;
    }

    void hold(KeptLease value) {
        lease = value;
    }

    KeptLease lease() {
        return Objects.requireNonNull(lease);
    }

    Version version() {
        return version;
    }

    /** Tells that it is over; once. */
    void end(RevocationReason why) {
        List<Consumer<RevocationReason>> waiting;
        synchronized (this) {
            over = why;
            waiting = List.copyOf(callbacks);
            callbacks.clear();
        }
        waiting.forEach(callback -> elections.call(() -> callback.accept(why)));
    }

    /** Why it is over; {@code null} if it is not, as far as was told. */
    synchronized @Nullable RevocationReason over() {
        return over;
    }

    @Override
    public String election() {
        return election;
    }

    @Override
    public FencingToken token() {
        return FencingToken.of(version);
    }

    @Override
    public boolean isValid() {
        return lease().isValid();
    }

    @Override
    public Duration remaining() {
        return lease().remaining();
    }

    @Override
    public void onLost(Consumer<RevocationReason> callback) {
        RevocationReason why;
        synchronized (this) {
            why = over;
            if (why == null) {
                callbacks.add(callback);
                return;
            }
        }
        elections.call(() -> callback.accept(why));
    }

    @Override
    public String toString() {
        return "term of election '" + election + "', token " + token();
    }
}
