package io.distsync.election;

import io.distsync.CommitBuilder;
import io.distsync.CommitOutcome.Committed;
import io.distsync.LeaseOptions;
import io.distsync.SyncMap;
import io.distsync.election.ElectionRule.Campaign;
import io.distsync.election.ElectionRule.End;
import io.distsync.election.ElectionRule.Join;
import io.distsync.election.ElectionRule.Leave;
import io.distsync.election.ElectionRule.Rest;
import io.distsync.election.ElectionRule.Self;
import io.distsync.election.ElectionRule.Step;
import io.distsync.election.ElectionRule.Vacate;
import io.distsync.lease.KeptLease;
import io.distsync.lease.LastWords;
import io.distsync.lease.LossReason;
import io.distsync.log.LogEvent;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A candidate of this process. It does what {@link ElectionRule} says, one step at a time, whenever something has changed. In the
 * store it is one leased entry: in the line, or, put there by the commit that takes it out of the line, as the leader.
 */
final class Candidate implements Candidacy {

    /*
     * Threads. Everything that is neither final nor volatile is the mailbox's: answers of the store, changes, alarms, and what
     * users ask for go through it, in order, and none of it blocks. At most one write is under way, and one call to the listener;
     * while either is, no step is taken, but a term may end. The listener and the health check run on threads made for them.
     */

    private static final Logger log = LoggerFactory.getLogger(Candidate.class);

    /** Before another try to go away, when there was no thread for it. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** A place in the line. */
    private record Seat(Version version, KeptLease lease) {}

    private interface Callback {
        void call() throws Exception;
    }

    private final SyncElections elections;
    private final String name;
    private final CandidateOptions options;
    private final LeadershipListener listener;
    private final String id = UUID.randomUUID().toString();
    private final Mailbox mailbox;
    private final Entries entries;
    private final @Nullable CandidateHealth health;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    /** From the election until {@code revoked} has returned. */
    private volatile @Nullable Term term;

    private volatile @Nullable Thread inCallback;

    private @Nullable Seat seat;
    private boolean inElected;
    private boolean healthy;
    private boolean pausing;
    private boolean closed;
    private boolean ended;
    private Mailbox.@Nullable Alarm alarm;

    Candidate(
            SyncElections elections,
            String name,
            CandidateOptions options,
            LeadershipListener listener,
            SyncMap<Member> map) {
        this.elections = elections;
        this.name = name;
        this.options = options;
        this.listener = listener;
        mailbox = elections.mailbox();
        entries = new Entries(elections, mailbox, map, options.lease(), this::step, this::end);
        health = options.health() == null
                ? null
                : new CandidateHealth(elections, mailbox, options.health(), options.healthInterval(), this::checked);
        healthy = health == null;
    }

    void begin() {
        mailbox.post(() -> {
            if (ended) { // it was given up before it began
                return;
            }
            if (health != null) {
                health.begin();
            }
            entries.begin();
            step();
        });
    }

    // --- what users ask ---------------------------------------------------------------------------------------------

    @Override
    public String election() {
        return name;
    }

    @Override
    public boolean isLeader() {
        return term().isPresent();
    }

    @Override
    public Optional<LeaderTerm> term() {
        return Optional.<LeaderTerm>ofNullable(term).filter(LeaderTerm::isValid);
    }

    ElectionStatus status() {
        return new ElectionStatus(
                name, entries.leader(), term().map(LeaderTerm::token).orElse(null));
    }

    @Override
    public void resign() {
        mailbox.post(() -> {
            if (term != null) {
                end(term, RevocationReason.RESIGNED);
            }
        });
    }

    @Override
    public void close() {
        CompletableFuture<Void> left = leave();
        if (Thread.currentThread() != inCallback) {
            LastWords.await(left);
        }
    }

    /** Ends the term and leaves the line; the future completes when the store knows. */
    CompletableFuture<Void> leave() {
        mailbox.post(() -> {
            closed = true;
            entries.goOn();
            step();
        });
        return gone;
    }

    /** Does nothing any more; what the store has of it is left to the lease. */
    CompletableFuture<Void> abandon() {
        mailbox.post(this::end);
        return gone;
    }

    // --- steps ------------------------------------------------------------------------------------------------------

    private void step() {
        if (ended || entries.isWriting() || (term != null && term.over() != null)) {
            return;
        }
        if (alarm != null) {
            alarm.cancel();
            alarm = null;
        }
        Self self = new Self(
                id,
                options.priority(),
                against(),
                seat == null ? null : seat.version(),
                term == null ? null : term.version());
        take(ElectionRule.next(self, entries.succession(), elections.now()));
    }

    private void take(Step step) {
        if (step instanceof Rest rest) {
            rest(rest.atMost());
        } else if (step instanceof Join) {
            String lease = UUID.randomUUID().toString();
            entries.write(commit -> join(commit, lease), (joined, sent) -> joined(joined, 0, lease, sent));
        } else if (step instanceof Leave leave) {
            letGoOfSeat();
            entries.write(commit -> commit.expect(key(), leave.place()).delete(key()), (left, sent) -> {});
        } else if (step instanceof Campaign campaign) {
            campaign(campaign.place());
        } else if (step instanceof Vacate vacate) {
            vacate(vacate);
        } else if (step instanceof End end) {
            end(Objects.requireNonNull(term), end.why());
        }
    }

    private void rest(@Nullable Long atMost) {
        if (closed) {
            end();
        } else if (atMost != null) {
            alarm = mailbox.postLater(Duration.ofNanos(atMost), this::step);
        }
    }

    private void campaign(Version place) {
        String lease = UUID.randomUUID().toString();
        entries.write(
                commit -> commit.expect(key(), place)
                        .expectAbsent(Succession.LEADER)
                        .delete(key())
                        .put(Succession.LEADER, member(), LeaseOptions.lease(lease, options.lease())),
                (won, sent) -> won(version(won, 1), lease, sent));
    }

    private void won(Version version, String leaseId, long sent) {
        letGoOfSeat();
        if (against() != null) {
            return; // the next step gives it back
        }
        Term begun = new Term(elections, name, version);
        begun.hold(entries.keep(Succession.LEADER, leaseId, sent, why -> over(begun, reason(why))));
        if (!begun.isValid()) {
            return; // the answer was late
        }
        term = begun;
        inElected = true;
        tell("elected", () -> listener.elected(begun), failed -> elected(begun, failed));
    }

    private void vacate(Vacate vacate) {
        String lease = UUID.randomUUID().toString();
        entries.write(
                commit -> {
                    commit.expect(Succession.LEADER, vacate.term()).delete(Succession.LEADER);
                    if (vacate.join()) {
                        join(commit, lease);
                    }
                },
                (vacated, sent) -> {
                    if (vacate.join()) {
                        joined(vacated, 1, lease, sent);
                    }
                });
    }

    private void join(CommitBuilder<Member> commit, String leaseId) {
        commit.put(key(), member(), LeaseOptions.lease(leaseId, options.lease()));
    }

    private void joined(Committed<Member> joined, int index, String leaseId, long sent) {
        letGoOfSeat();
        Version version = version(joined, index);
        seat = new Seat(version, entries.keep(key(), leaseId, sent, why -> unseated(version)));
    }

    private void unseated(Version version) {
        if (seat != null && seat.version().equals(version)) {
            seat = null;
            step();
        }
    }

    private void letGoOfSeat() {
        if (seat != null) {
            boolean unused = seat.lease().letGo();
            seat = null;
        }
    }

    // --- terms ------------------------------------------------------------------------------------------------------

    private void end(Term which, RevocationReason why) {
        if (why == RevocationReason.GONE) {
            boolean unused = which.lease().lose(LossReason.GONE); // which tells
        } else if (which.lease().letGo()) {
            over(which, why);
        }
    }

    private void over(Term which, RevocationReason why) {
        if (term == which && which.over() == null) {
            which.end(why);
            if (!inElected) {
                revoke(which, why);
            }
        }
    }

    private void elected(Term which, boolean failed) {
        inElected = false;
        if (failed) {
            pausing = true;
            mailbox.postLater(options.lease(), () -> {
                pausing = false;
                step();
            });
        }
        RevocationReason why = which.over();
        if (why != null) {
            revoke(which, why);
        } else {
            step();
        }
    }

    private void revoke(Term which, RevocationReason why) {
        tell("revoked", () -> listener.revoked(which, why), failed -> {
            term = null;
            step();
        });
    }

    private void tell(String what, Callback callback, Consumer<Boolean> returned) {
        boolean called = elections.call(() -> {
            boolean failed = false;
            inCallback = Thread.currentThread();
            try {
                callback.call();
            } catch (Throwable e) {
                LogEvent.ELECTION_LISTENER_FAILED.on(log).setCause(e).log("election '{}': {} failed", name, what);
                failed = true;
            }
            inCallback = null;
            boolean threw = failed;
            mailbox.post(() -> returned.accept(threw));
        });
        if (!called) {
            LogEvent.ELECTION_LISTENER_NOT_CALLED.on(log).log("election '{}': {} could not be called", name, what);
            mailbox.post(() -> returned.accept(true));
        }
    }

    private static RevocationReason reason(LossReason why) {
        return why == LossReason.GONE ? RevocationReason.GONE : RevocationReason.EXPIRED;
    }

    /** Why it does not want to lead now, if it does not. */
    private @Nullable RevocationReason against() {
        if (closed || elections.isClosed()) {
            return RevocationReason.CLOSED;
        }
        if (pausing) {
            return RevocationReason.FAILED;
        }
        return healthy ? null : RevocationReason.UNHEALTHY;
    }

    private void checked(boolean result) {
        if (healthy != result) {
            healthy = result;
            LogEvent.ELECTION_HEALTH_TURNED
                    .on(log)
                    .log("election '{}': this candidate is {}", name, result ? "healthy" : "not healthy");
            step();
        }
    }

    private static Version version(Committed<Member> committed, int index) {
        return committed.written().get(index).versioned().version();
    }

    private String key() {
        return Succession.key(id);
    }

    private Member member() {
        return options.member(id, elections.owner(), elections.epochMillis());
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        closed = true;
        entries.end();
        letGoOfSeat();
        if (health != null) {
            health.stop();
        }
        mailbox.cancelAlarms();
        goAway();
    }

    /** Not in the mailbox: closing waits for the feed, which may be waiting to post. */
    private void goAway() {
        boolean called = elections.call(() -> {
            entries.close();
            elections.left(this);
            gone.complete(null);
        });
        if (!called) {
            mailbox.postLater(PAUSE, this::goAway);
        }
    }
}
