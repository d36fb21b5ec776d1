package io.distsync.backend.faults;

import io.distsync.CommitOutcome;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Optional;

/** A process that takes a lock again and again, writes under it, and says what it does, until somebody ends it. */
public final class LockHolder {

    static final String LOCK = "resource";
    static final Duration LEASE = Duration.ofSeconds(1);
    static final Duration SWEEP = Duration.ofMillis(100);
    static final Topic<String> GUARDED =
            Topic.of("guarded", String.class).withRetention(TopicOptions.Retention.everything());

    private static final int WRITES = 20;

    private LockHolder() {}

    /**
     * Takes turns.
     *
     * @param arguments port of Redis
     */
    public static void main(String[] arguments) {
        RedisSyncBackend backend = RedisSyncBackend.builder(
                        RedisURI.create("127.0.0.1", Integer.parseInt(arguments[0])))
                .sweep(SWEEP)
                .build();
        SyncService service = SyncService.using(backend);
        SyncLocks locks = SyncLocks.using(service);
        SyncMap<String> guarded = service.map(GUARDED);
        while (true) {
            Optional<LockGrant> grant = locks.tryLock(
                    LOCK, Duration.ofSeconds(30), LockOptions.defaults().withLease(LEASE));
            grant.ifPresent(held -> use(held, guarded));
        }
    }

    /** Writes for certain times, unless it notices that it must not. */
    private static void use(LockGrant grant, SyncMap<String> guarded) {
        say("HELD", grant, "");
        grant.onLost(reason -> say("LOST", grant, reason));
        for (int i = 0; i < WRITES && grant.isValid(); i++) {
            CommitOutcome<String> written =
                    guarded.commit(commit -> commit.fence(LOCK, grant.token().version())
                            .put("", grant.token().toString()));
            if (!written.isCommitted()) {
                say("REFUSED", grant, "");
            }
        }
        say("RELEASED", grant, grant.release());
    }

    private static void say(String what, LockGrant grant, Object more) {
        System.out.println("> " + what + " " + grant.token() + " " + more);
    }
}
