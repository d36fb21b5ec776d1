package io.distsync.backend.faults;

import io.distsync.CommitOutcome;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.election.CandidateOptions;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import io.distsync.error.SyncException;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A process that stands for election, writes while it leads, and says what it is told, until somebody ends it. */
public final class Leading implements LeadershipListener {

    static final String ELECTION = "resource";
    static final Duration LEASE = Duration.ofSeconds(1);
    static final Duration SWEEP = Duration.ofMillis(100);
    static final Topic<String> GUARDED =
            Topic.of("guarded", String.class).withRetention(TopicOptions.Retention.everything());

    private final SyncMap<String> guarded;

    private Leading(SyncMap<String> guarded) {
        this.guarded = guarded;
    }

    /**
     * Stands for election.
     *
     * @param arguments port of Redis
     */
    public static void main(String[] arguments) throws InterruptedException {
        RedisSyncBackend backend = RedisSyncBackend.builder(
                        RedisURI.create("127.0.0.1", Integer.parseInt(arguments[0])))
                .sweep(SWEEP)
                .build();
        SyncService service = SyncService.using(backend);
        SyncElections elections = SyncElections.using(service);
        var unused = elections.join(
                ELECTION, CandidateOptions.defaults().withLease(LEASE), new Leading(service.map(GUARDED)));
        new CountDownLatch(1).await();
    }

    /** Writes until it notices that it must not. */
    @Override
    public void elected(LeaderTerm term) {
        say("ELECTED", term, "");
        term.onLost(reason -> say("LOST", term, reason));
        while (term.isValid()) {
            try {
                CommitOutcome<String> written = guarded.commit(
                        commit -> commit.fence(ELECTION, term.token().version())
                                .put("", term.token().toString()));
                if (!written.isCommitted()) {
                    say("REFUSED", term, "");
                }
            } catch (SyncException e) {
                say("FAILED", term, e.getClass().getSimpleName());
            }
        }
    }

    @Override
    public void revoked(LeaderTerm term, RevocationReason reason) {
        say("REVOKED", term, reason);
    }

    private static void say(String what, LeaderTerm term, Object more) {
        System.out.println("> " + what + " " + term.token() + " " + more);
    }
}
