package io.distsync.sample;

import io.distsync.lease.Release;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.sample.ClusterView.LockPart;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Takes a lock, holds it for a while and gives it back; all nodes can see how that goes. No thread waits meanwhile. */
@Component
final class LockDemo {

    private static final Logger log = LoggerFactory.getLogger(LockDemo.class);

    static final String LOCK = "demo";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Short, so that one need not wait long for the lock of a node that was killed. */
    private static final LockOptions OPTIONS = LockOptions.defaults().withLease(Duration.ofSeconds(10));

    private final SyncLocks locks;
    private final Cluster cluster;
    private final AtomicBoolean busy = new AtomicBoolean();

    LockDemo(SyncLocks locks, Cluster cluster) {
        this.locks = locks;
        this.cluster = cluster;
    }

    /**
     * Asks for the lock and returns at once.
     *
     * @throws BusyException if this node waits for it, or holds it already
     */
    void hold(Duration time) {
        if (!busy.compareAndSet(false, true)) {
            throw new BusyException(HttpStatus.CONFLICT, "This node holds the lock already, or waits for it.");
        }
        say("WAITING", "", Instant.now());
        var unused = locks.tryLockAsync(LOCK, PATIENCE, OPTIONS)
                .thenCompose(grant -> hold(grant, time))
                .whenComplete(this::over);
    }

    private CompletableFuture<String> hold(Optional<LockGrant> granted, Duration time) {
        if (granted.isEmpty()) {
            return CompletableFuture.completedFuture("NOT_GRANTED");
        }
        LockGrant grant = granted.get();
        say("HELD", grant.token().toString(), Instant.now().plus(time));
        CompletableFuture<Void> enough =
                new CompletableFuture<Void>().completeOnTimeout(null, time.toMillis(), TimeUnit.MILLISECONDS);
        grant.onLost(reason -> enough.complete(null));
        return enough.thenCompose(nothing -> grant.releaseAsync())
                .thenApply(release -> release == Release.RELEASED ? "RELEASED" : "LOST");
    }

    private void over(@Nullable String state, @Nullable Throwable failure) {
        if (failure != null) {
            log.warn("lock '{}' was not granted", LOCK, failure);
        }
        say(state == null ? "NOT_GRANTED" : state, "", Instant.now());
        busy.set(false);
    }

    private void say(String state, String token, Instant at) {
        cluster.say(new LockPart(state, token, at.toString()));
    }
}
