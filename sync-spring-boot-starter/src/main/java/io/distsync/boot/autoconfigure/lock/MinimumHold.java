package io.distsync.boot.autoconfigure.lock;

import io.distsync.LeaseOptions;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.lock.LockGrant;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes a lock busy for a minimal time, though it was given back, or its node has ended: a leased entry with the name of
 * the lock, looked for and written by whoever is granted it.
 */
final class MinimumHold implements AutoCloseable {

    private static final Topic<String> TOPIC = Topic.of("lock-at-least-for", String.class);

    private final SyncService service;
    private @Nullable SyncMap<String> map;

    MinimumHold(SyncService service) {
        this.service = service;
    }

    /**
     * Begins the time of a lock that has just been granted.
     *
     * @param time zero to find out only whether one is under way
     * @return the grant; empty if a time is under way, so that the lock counts as busy and has been given back
     */
    Optional<LockGrant> begin(LockGrant granted, Duration time) {
        boolean begun = false;
        try {
            begun = begin(granted.name(), time);
        } finally {
            if (!begun) {
                granted.close();
            }
        }
        return begun ? Optional.of(granted) : Optional.empty();
    }

    private boolean begin(String name, Duration time) {
        return time.isZero()
                ? map().get(name).isEmpty()
                : map().commit(commit -> commit.expectAbsent(name).put(name, "", LeaseOptions.ttl(time)))
                        .isCommitted();
    }

    /** Begins the time anew, whatever is under way. Only for the holder of the lock. */
    void renew(String name, Duration time) {
        if (time.isZero()) {
            boolean unused = map().remove(name);
        } else {
            var unused = map().put(name, "", LeaseOptions.ttl(time));
        }
    }

    private synchronized SyncMap<String> map() {
        if (map == null) {
            map = service.map(TOPIC);
        }
        return map;
    }

    @Override
    public synchronized void close() {
        if (map != null) {
            map.close();
        }
    }
}
