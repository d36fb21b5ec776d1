package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.Mutation;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.Callbacks;
import io.distsync.time.VirtualTime;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Candidacies that end while they begin. */
@Timeout(60)
class GivenUpCandidacyTest {

    private static final CandidateOptions OPTIONS = CandidateOptions.defaults();

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final Held held = new Held(store);
    private final SyncService service = SyncService.using(nothingLeftBehind.watch(held));
    private final VirtualTime alarms = new VirtualTime();
    private final SyncElections elections =
            SyncElections.builder(service).scheduler(alarms).build();
    private final RecordingListener told = new RecordingListener();

    @AfterEach
    void close() {
        elections.close();
        service.close();
        store.close();
    }

    private static ConditionFactory eventually() {
        return await().atMost(RecordingListener.BOUND).pollInterval(Duration.ofMillis(2));
    }

    private static boolean joins(Commit commit) {
        return puts(commit, Succession.LINE);
    }

    private static boolean leads(Commit commit) {
        return puts(commit, Succession.LEADER);
    }

    private static boolean puts(Commit commit, String prefix) {
        return commit.mutations().stream()
                .anyMatch(mutation ->
                        mutation instanceof Mutation.Put put && put.key().startsWith(prefix));
    }

    private SyncMap<Member> stored() {
        return service.map(Topic.of("election:x", Member.class).withIdleExpiry(Duration.ofHours(1)));
    }

    private void assertThatNothingIsLeft() {
        assertThat(stored().read(Selection.first("", 10)).entries()).isEmpty();
        assertThat(told.terms()).isEmpty();
        assertThat(elections.status()).isEmpty();
        assertThatNoAlarmIsLeft();
    }

    private void assertThatNoAlarmIsLeft() {
        assertThat(alarms.pendingTasks())
                .as("alarms, that of the keeper of leases included")
                .isLessThanOrEqualTo(1);
    }

    @Test
    void oneThatIsClosedWhileItsPlaceIsWrittenLeavesNothing() {
        held.hold(GivenUpCandidacyTest::joins);
        closeWhileHeld(elections.join("x", OPTIONS, told));
        assertThatNothingIsLeft();
    }

    @Test
    void oneThatIsClosedWhileItIsElectedLeavesNothingAndIsNotTold() {
        held.hold(GivenUpCandidacyTest::leads);
        closeWhileHeld(elections.join("x", OPTIONS, told));
        assertThatNothingIsLeft();
    }

    /** The close comes before the answer, and waits for it. */
    private void closeWhileHeld(Candidacy candidacy) {
        eventually().until(held::isHolding);
        CompletableFuture<Void> gone = ((Candidate) candidacy).leave();
        assertThat(gone).isNotDone();
        held.release();
        assertThat(gone).succeedsWithin(RecordingListener.BOUND);
        candidacy.close();
    }

    @Test
    void aLeaderThatIsClosedLeavesNoAlarm() {
        Candidacy candidacy = elections.join("x", OPTIONS.withHealth(() -> true, Duration.ofHours(1)), told);
        told.term(1);
        assertThat(alarms.pendingTasks()).isGreaterThan(1);
        candidacy.close();
        assertThat(told.reasons()).containsExactly(RevocationReason.CLOSED);
        assertThatNoAlarmIsLeft();
    }

    @Test
    void oneThatIsAskedForWhileTheElectionsAreClosedIsRefusedAndLeavesNothing() {
        held.beforeFollowing(elections::close);
        assertThatThrownBy(() -> elections.join("x", OPTIONS, told)).isInstanceOf(ServiceClosedException.class);
        assertThatNothingIsLeft();
    }

    @Test
    void oneThatIsGivenUpBeforeItBeginsDoesNotBegin() {
        CompletableFuture<Void> busy = new CompletableFuture<>();
        Callbacks oneThread = new Callbacks(Executors.newSingleThreadExecutor());
        oneThread.run(busy::join); // so that it is not gone yet when it would begin
        try (SyncElections slow = SyncElections.builder(service)
                .scheduler(alarms)
                .callbacks(oneThread)
                .build()) {
            Candidate candidate = new Candidate(slow, "x", OPTIONS, told, stored());
            CompletableFuture<Void> gone = candidate.leave();
            candidate.begin();
            assertThat(alarms.pendingTasks()).as("alarms").isZero();
            busy.complete(null);
            assertThat(gone).succeedsWithin(RecordingListener.BOUND);
            assertThatNothingIsLeft();
        }
    }

    /** Keeps a commit from the store until it is released. */
    private static final class Held extends DelegatingBackend {

        private final CompletableFuture<Void> released = new CompletableFuture<>();
        private volatile Predicate<Commit> holding = commit -> false;
        private volatile boolean held;
        private volatile @Nullable Runnable beforeFollowing;

        Held(SyncBackend backend) {
            super(backend);
        }

        void hold(Predicate<Commit> which) {
            holding = which;
        }

        boolean isHolding() {
            return held;
        }

        void release() {
            holding = commit -> false;
            released.complete(null);
        }

        /** Once. */
        void beforeFollowing(Runnable what) {
            beforeFollowing = what;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!holding.test(commit)) {
                return super.commit(commit);
            }
            held = true;
            return released.thenCompose(unused -> super.commit(commit));
        }

        @Override
        public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
            Runnable before = beforeFollowing;
            if (before != null) {
                beforeFollowing = null;
                before.run();
            }
            return super.follow(topic, after, scope, listener);
        }
    }
}
