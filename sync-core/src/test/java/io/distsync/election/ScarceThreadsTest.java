package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.lease.Callbacks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Candidates of a process that can make no threads for what it has to call. */
@Timeout(60)
class ScarceThreadsTest {

    private static final CandidateOptions OPTIONS = CandidateOptions.defaults().withLease(Duration.ofSeconds(1));

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final SyncService service = SyncService.using(nothingLeftBehind.watch(store));
    private final SyncService others = SyncService.using(nothingLeftBehind.watch(store));
    private final Threads threads = new Threads();
    private final SyncElections elections =
            SyncElections.builder(service).callbacks(new Callbacks(threads)).build();
    private final SyncElections otherElections = SyncElections.using(others);
    private final RecordingListener told = new RecordingListener();
    private final RecordingListener otherTold = new RecordingListener();

    @AfterEach
    void close() {
        threads.none = false;
        elections.close();
        otherElections.close();
        service.close();
        others.close();
        store.close();
    }

    private static ConditionFactory eventually() {
        return await().atMost(RecordingListener.BOUND).pollInterval(Duration.ofMillis(2));
    }

    @Test
    void electedThatCannotBeCalledLeavesTheElectionToAnother() {
        threads.none = true;
        Candidacy candidacy = elections.join("x", OPTIONS.withPriority(1), told);
        eventually().until(() -> threads.refused.get() >= 2); // elected, and revoked
        Candidacy other = otherElections.join("x", OPTIONS, otherTold);
        otherTold.term(1);
        assertThat(candidacy.isLeader()).isFalse();
        assertThat(told.terms()).isEmpty();
        other.close();
    }

    @Test
    void whoCouldNotBeToldOfItsElectionIsElectedWhenThereAreThreadsAgain() {
        threads.none = true;
        Candidacy candidacy = elections.join("x", OPTIONS, told);
        eventually().until(() -> threads.refused.get() >= 2);
        threads.none = false;
        assertThat(told.term(1).isValid()).isTrue();
        assertThat(candidacy.isLeader()).isTrue();
        assertThat(told.reasons()).isEmpty();
    }

    @Test
    void revokedThatCannotBeCalledCountsAsReturned() {
        CandidateOptions patient = OPTIONS.withLease(Duration.ofMinutes(1)); // or the lease would end it
        Candidacy candidacy = elections.join("x", patient, told);
        LeaderTerm term = told.term(1);
        Candidacy other = otherElections.join("x", OPTIONS, otherTold);
        threads.none = true;
        candidacy.resign();
        assertThat(otherTold.term(1).token()).isGreaterThan(term.token());
        assertThat(term.isValid()).isFalse();
        assertThat(told.reasons()).isEmpty();
        assertThat(other.isLeader()).isTrue();
    }

    @Test
    void whoCannotBeToldOfTheLossOfATermDoesNotKeepItFromEnding() {
        Candidacy candidacy = elections.join("x", OPTIONS, told);
        List<RevocationReason> lost = new CopyOnWriteArrayList<>();
        told.term(1).onLost(lost::add);
        threads.none = true;
        candidacy.resign();
        eventually().until(() -> threads.refused.get() >= 2); // who asked, and revoked
        threads.none = false;
        eventually().until(candidacy::isLeader);
        assertThat(lost).isEmpty();
    }

    @Test
    void aCheckThatCannotBeAskedSaysNo() {
        Duration often = Duration.ofMillis(100);
        Candidacy candidacy = elections.join("x", OPTIONS.withHealth(() -> true, often), told);
        told.term(1);
        threads.none = true;
        eventually().until(() -> !candidacy.isLeader());
        threads.none = false;
        eventually().until(candidacy::isLeader);
    }

    @Test
    void aCandidateThatIsClosedGoesWhenThereAreThreadsAgain() {
        Candidacy candidacy = elections.join("x", OPTIONS, told);
        told.term(1);
        threads.none = true;
        CompletableFuture<Void> closing = CompletableFuture.runAsync(candidacy::close);
        eventually().until(() -> threads.refused.get() >= 2); // revoked, and the way out
        assertThat(elections.status()).hasSize(1);
        threads.none = false;
        eventually().until(() -> elections.status().isEmpty());
        assertThat(closing).succeedsWithin(RecordingListener.BOUND);
    }

    /** As a pool is whose threads the system refuses to make, now and then. */
    private static final class Threads extends ThreadPoolExecutor {

        private final AtomicInteger refused = new AtomicInteger();
        private volatile boolean none;

        Threads() {
            super(0, Integer.MAX_VALUE, 1, TimeUnit.MINUTES, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "distsync-elections-callback");
                thread.setDaemon(true);
                return thread;
            });
        }

        @Override
        public void execute(Runnable task) {
            if (none) {
                refused.incrementAndGet();
                throw new OutOfMemoryError("no more threads, for the test");
            }
            super.execute(task);
        }
    }
}
