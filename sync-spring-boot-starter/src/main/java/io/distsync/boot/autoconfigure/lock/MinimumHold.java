package io.distsync.boot.autoconfigure.lock;

import io.distsync.LeaseOptions;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.lock.LockGrant;
import java.time.Duration;
import java.util.Optional;

/**
 * Makes a lock busy for a minimal time, though it was given back, or its node has ended: a leased entry, looked for and
 * written by whoever is granted the lock. Each lock has a topic of its own for it, because after a restart of the store
 * nothing in a topic expires for the longest time that it has seen.
 */
final class MinimumHold {

    /** As long as that of the topics of locks, so that each name of a lock will do. */
    private static final String PREFIX = "held:";

    private static final String KEY = "at-least-for";
    private static final Duration IDLE = Duration.ofHours(1);

    private final SyncService service;

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
        try (SyncMap<String> map = service.map(topic(name))) {
            return time.isZero()
                    ? map.get(KEY).isEmpty()
                    : map.commit(commit -> commit.expectAbsent(KEY).put(KEY, "", LeaseOptions.ttl(time)))
                            .isCommitted();
        }
    }

    /** Begins the time anew, whatever is under way. Only for the holder of the lock. */
    void renew(String name, Duration time) {
        try (SyncMap<String> map = service.map(topic(name))) {
            if (time.isZero()) {
                boolean unused = map.remove(KEY);
            } else {
                var unused = map.put(KEY, "", LeaseOptions.ttl(time));
            }
        }
    }

    static Topic<String> topic(String name) {
        return Topic.of(PREFIX + name, String.class).withIdleExpiry(IDLE);
    }
}
