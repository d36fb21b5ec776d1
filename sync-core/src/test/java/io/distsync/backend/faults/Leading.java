package io.distsync.backend.faults;

import static io.distsync.backend.faults.Processes.say;

import io.distsync.CommitOutcome;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.TopicOptions;
import io.distsync.election.CandidateOptions;
import io.distsync.election.LeaderTerm;
import io.distsync.election.LeadershipListener;
import io.distsync.election.RevocationReason;
import io.distsync.election.SyncElections;
import io.distsync.error.SyncException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A process that stands for election, writes while it leads, and says what it is told, until somebody ends it. When a term is
 * over it writes once more, as somebody would who does not ask whether it is valid.
 */
public final class Leading implements LeadershipListener {

    static final String ELECTION = "resource";
    static final Topic<String> GUARDED =
            Topic.of("guarded", String.class).withRetention(TopicOptions.Retention.everything());

    /** So that a process that is stopped is about to ask, half of the time, and not about to write. */
    private static final Duration BETWEEN_WRITES = Duration.ofMillis(1);

    private final SyncMap<String> guarded;

    private Leading(SyncMap<String> guarded) {
        this.guarded = guarded;
    }

    /**
     * Stands for election.
     *
     * @param arguments the lease; then those of {@link Servers#open(List)}
     */
    public static void main(String[] arguments) throws InterruptedException {
        List<String> all = List.of(arguments);
        SyncService service = SyncService.using(Servers.open(all.subList(1, all.size())));
        SyncElections elections = SyncElections.using(service);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            elections.close();
                            service.close();
                        },
                        "end"));
        var unused = elections.join(
                ELECTION,
                CandidateOptions.defaults().withLease(Duration.parse(all.get(0))),
                new Leading(service.map(GUARDED)));
        new CountDownLatch(1).await();
    }

    /** Says when it was elected, and when it was about to ask the last time the answer was that it leads. */
    @Override
    public void elected(LeaderTerm term) {
        say("ELECTED", term.token(), System.nanoTime());
        term.onLost(reason -> say("LOST", term.token(), reason));
        long asked = System.nanoTime();
        long led = Long.MIN_VALUE;
        long writing = asked;
        boolean wrote = false;
        while (term.isValid()) {
            led = asked;
            if (asked - writing >= 0) {
                String outcome = write(term);
                if (outcome.equals("REFUSED")) {
                    say("REFUSED", term.token(), term.isValid());
                } else if (outcome.equals("WRITTEN") && !wrote) {
                    say("WROTE", term.token(), "");
                    wrote = true;
                }
                writing = System.nanoTime() + BETWEEN_WRITES.toNanos();
            }
            asked = System.nanoTime();
        }
        say("OVER", term.token(), led);
        say("LATE", term.token(), write(term));
    }

    private String write(LeaderTerm term) {
        try {
            CommitOutcome<String> written =
                    guarded.commit(commit -> commit.fence(ELECTION, term.token().version())
                            .put("", term.token().toString()));
            return written.isCommitted() ? "WRITTEN" : "REFUSED";
        } catch (SyncException e) {
            return e.getClass().getSimpleName();
        }
    }

    @Override
    public void revoked(LeaderTerm term, RevocationReason reason) {
        say("REVOKED", term.token(), reason);
    }
}
