package io.distsync.backend.faults;

import static io.distsync.backend.faults.Processes.say;

import io.distsync.CommitOutcome;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.TopicOptions;
import io.distsync.error.SyncException;
import io.distsync.lock.LockGrant;
import io.distsync.lock.LockOptions;
import io.distsync.lock.SyncLocks;
import io.distsync.semaphore.Permit;
import io.distsync.semaphore.SyncSemaphore;
import io.distsync.semaphore.SyncSemaphores;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A process that takes a lock again and again, writes under it, and says what it does, until somebody ends it. Beside that it
 * takes permits of a semaphore.
 */
public final class LockHolder {

    static final String LOCK = "resource";
    static final String SEMAPHORE = "permits";
    static final int PERMITS = 2;
    static final Duration LEASE = Duration.ofSeconds(1);
    static final Topic<String> GUARDED =
            Topic.of("guarded", String.class).withRetention(TopicOptions.Retention.everything());

    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final int WRITES = 20;
    private static final String NO_TOKEN = "-";

    private LockHolder() {}

    /**
     * Takes turns.
     *
     * @param arguments those of {@link Servers#open(List)}
     */
    public static void main(String[] arguments) {
        SyncService service = SyncService.using(Servers.open(List.of(arguments)));
        Thread permits = new Thread(() -> takePermits(service), "permits");
        permits.setDaemon(true);
        permits.start();
        takeLocks(service);
    }

    private static void takeLocks(SyncService service) {
        SyncLocks locks = SyncLocks.using(service);
        SyncMap<String> guarded = service.map(GUARDED);
        LockOptions options = LockOptions.defaults().withLease(LEASE);
        while (true) {
            long begin = System.nanoTime();
            try {
                Optional<LockGrant> grant = locks.tryLock(LOCK, WAIT, options);
                long waited = (System.nanoTime() - begin) / 1_000_000;
                grant.ifPresent(held -> use(held, guarded, waited));
            } catch (SyncException e) {
                say("FAILED", NO_TOKEN, e.getClass().getSimpleName());
            }
        }
    }

    /** Writes for certain times, unless it notices that it must not. */
    private static void use(LockGrant grant, SyncMap<String> guarded, long waited) {
        say("HELD", grant.token(), waited);
        grant.onLost(reason -> say("LOST", grant.token(), reason));
        try {
            for (int i = 0; i < WRITES && grant.isValid(); i++) {
                CommitOutcome<String> written = guarded.commit(
                        commit -> commit.fence(LOCK, grant.token().version())
                                .put("", grant.token().toString()));
                if (!written.isCommitted()) {
                    say("REFUSED", grant.token(), "");
                }
            }
        } finally {
            say("RELEASED", grant.token(), grant.release());
        }
    }

    private static void takePermits(SyncService service) {
        SyncSemaphore semaphore =
                SyncSemaphores.builder(service).lease(LEASE).build().semaphore(SEMAPHORE, PERMITS);
        SyncMap<String> unguarded = service.map(Topic.of("unguarded", String.class));
        while (true) {
            try {
                Optional<Permit> permit = semaphore.tryAcquire(WAIT);
                permit.ifPresent(held -> {
                    var unused = unguarded.put("", "written");
                    say("PERMIT", NO_TOKEN, held.release());
                });
            } catch (SyncException e) {
                say("FAILED", NO_TOKEN, e.getClass().getSimpleName());
            }
        }
    }
}
