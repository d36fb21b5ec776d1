package io.distsync.sample;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.lease.FencingToken;
import io.distsync.lock.LockGrant;
import io.distsync.lock.SyncLocks;
import java.time.Duration;
import org.springframework.stereotype.Component;

/** Changes the guarded state, by the holder of a lock or by who once was. */
@Component
final class GuardedUpdater {

    private static final Topic<Guarded> TOPIC = Topic.of(Guarded.class);
    private static final String LOCK = "guarded"; // also the name of the fence
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final SyncLocks locks;
    private final SyncService sync;
    private final String node;

    GuardedUpdater(SyncLocks locks, SyncService sync, SampleProperties properties) {
        this.locks = locks;
        this.sync = sync;
        this.node = properties.node();
    }

    /** Takes the lock and gives it back: the token is what is left to a holder who was paused for too long. */
    FencingToken pastToken() {
        return locks.withLock(LOCK, PATIENCE, LockGrant::token);
    }

    /** Writes as the holder of the lock. */
    Written write() {
        return locks.withLock(LOCK, PATIENCE, grant -> write(grant.token()));
    }

    /**
     * Writes with a token, whoever has the lock by now.
     *
     * @throws io.distsync.error.StaleTokenException if somebody has written with a newer one
     */
    Written write(FencingToken token) {
        Versioned<Guarded> written = sync.fencedUpdate(TOPIC, LOCK, token.version(), state -> state.writtenBy(node));
        return new Written(written.value(), written.version().revision(), token.toString());
    }

    /** What was written, as which revision, and with which token. */
    record Written(Guarded value, long version, String token) {}
}
