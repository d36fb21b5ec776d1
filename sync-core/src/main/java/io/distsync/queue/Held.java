package io.distsync.queue;

import io.distsync.lease.FencingToken;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A claim that was granted, until it is given back. What the grants of all recipes do. */
public final class Held {

    private final Claim claim;
    private final AtomicReference<@Nullable CompletableFuture<Release>> released = new AtomicReference<>();

    Held(Claim claim) {
        this.claim = claim;
    }

    public String name() {
        return claim.name();
    }

    public FencingToken token() {
        return claim.token();
    }

    public boolean isValid() {
        return released.get() == null && claim.isHeld();
    }

    public Duration remaining() {
        return released.get() == null ? claim.remaining() : Duration.ZERO;
    }

    public void onLost(Consumer<LossReason> callback) {
        claim.onLost(callback);
    }

    /**
     * Another one of the same claim, which is given back with the last of them.
     *
     * @throws IllegalStateException if it is not valid any more
     */
    public Held again() {
        if (!isValid() || !claim.retain()) {
            throw new IllegalStateException(claim + " is not held any more");
        }
        return new Held(claim);
    }

    /** Waits until the store has been told, for five seconds at most. */
    public Release release() {
        Attendant here = claim.attendant();
        return LeaseQueues.await(here, begin(here));
    }

    /** What depends on the future runs on threads made for it. */
    public CompletableFuture<Release> releaseAsync() {
        CompletableFuture<Release> told = new CompletableFuture<>();
        var unused = begin(null).thenAccept(answer -> claim.call(() -> told.complete(answer)));
        return told;
    }

    /** @param errands see {@link Claim#begin} */
    private CompletableFuture<Release> begin(@Nullable Executor errands) {
        CompletableFuture<Release> mine = new CompletableFuture<>();
        CompletableFuture<Release> before = released.compareAndExchange(null, mine);
        if (before != null) {
            return before;
        }
        var unused = claim.release(errands).thenAccept(mine::complete);
        return mine;
    }

    @Override
    public String toString() {
        return "grant of " + claim + ", token " + token();
    }
}
