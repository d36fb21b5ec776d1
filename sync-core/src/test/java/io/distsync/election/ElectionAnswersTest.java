package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.FeedState;
import io.distsync.backend.Lease;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.RequestId;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.time.VirtualTime;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Answers and changes that do not come, and how often the store is asked. */
@Timeout(60)
class ElectionAnswersTest {

    private static final Duration BOUND = RecordingListener.BOUND;
    private static final CandidateOptions OPTIONS = CandidateOptions.defaults().withLease(Duration.ofSeconds(3));

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final Unreliable unreliable = new Unreliable(store);
    private final SyncService service =
            SyncService.builder(unreliable).timeout(Duration.ofSeconds(1)).build();
    private final SyncService others = SyncService.using(store);
    private final SyncElections elections = SyncElections.using(service);
    private final SyncElections otherElections = SyncElections.using(others);

    @AfterEach
    void close() {
        elections.close();
        otherElections.close();
        service.close();
        others.close();
        store.close();
    }

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(2));
    }

    private static boolean leads(Commit commit) {
        return commit.mutations().stream()
                .anyMatch(mutation ->
                        mutation instanceof Mutation.Put put && put.key().equals(Succession.LEADER));
    }

    @Test
    @DisplayName("E15: an election whose answer was lost is given back, and the next one is told")
    void lostAnswer() {
        unreliable.loseTheAnswerTo(ElectionAnswersTest::leads);
        RecordingListener told = new RecordingListener();
        Candidacy candidacy = elections.join("x", OPTIONS, told);
        LeaderTerm term = told.term(1);
        assertThat(candidacy.isLeader()).isTrue();
        assertThat(term.token().revision())
                .as("join, lead; give back and join; lead")
                .isEqualTo(7);
    }

    @Test
    @DisplayName("E15: a place in the line whose answer was lost is asked for again")
    void lostAnswerToJoining() {
        unreliable.loseTheAnswerTo(commit -> true);
        RecordingListener told = new RecordingListener();
        Candidacy candidacy = elections.join("x", OPTIONS, told);
        assertThat(told.term(1).isValid()).isTrue();
        candidacy.close();
        assertThat(told.reasons()).containsExactly(RevocationReason.CLOSED);
    }

    @Test
    @DisplayName("E15: an election goes on though changes are not told")
    void missedChanges() {
        RecordingListener first = new RecordingListener();
        Candidacy leader = otherElections.join("x", OPTIONS, first);
        first.term(1);
        RecordingListener second = new RecordingListener();
        Candidacy waiting = elections.join("x", OPTIONS, second);
        try (ElectionView view = elections.observe("x")) {
            eventually().until(() -> view.leader().isPresent());
            unreliable.silence();
            leader.close();
            second.term(1);
            assertThat(waiting.isLeader()).isTrue();
        }
    }

    @Test
    @DisplayName("E13: only whose turn it is writes")
    void onlyOneWrites() {
        List<Candidacy> all = new ArrayList<>();
        List<RecordingListener> told = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int before = unreliable.commits();
            told.add(new RecordingListener());
            all.add(elections.join("x", CandidateOptions.defaults(), told.get(i)));
            int expected = before + (i == 0 ? 2 : 1);
            eventually().until(() -> unreliable.commits() == expected);
        }
        told.get(0).term(1);
        int before = unreliable.commits();
        for (int i = 0; i < 4; i++) {
            all.get(i).close();
            told.get(i + 1).term(1);
            assertThat(unreliable.commits() - before)
                    .as("one to go, one to come, for each")
                    .isEqualTo(2 * (i + 1));
        }
    }

    @Test
    @DisplayName("E15: an election goes on after history was rewound, and asks seldom until that is told")
    void rewound() {
        VirtualTime time = new VirtualTime(); // stands still: both stores have the same epoch
        try (LocalSyncBackend first = LocalSyncBackend.builder().time(time).build();
                LocalSyncBackend second = LocalSyncBackend.builder().time(time).build();
                SyncService early = SyncService.using(second)) {
            early.map(Topic.of("election:x", String.class)).put("before", "the candidate");
            Rewound rewound = new Rewound(first, second);
            try (SyncService onBoth = SyncService.using(rewound);
                    SyncElections electionsOnBoth = SyncElections.using(onBoth)) {
                RecordingListener told = new RecordingListener();
                Candidacy candidacy = electionsOnBoth.join("x", OPTIONS, told);
                Version lost = told.term(1).token().version();
                rewound.rewind();
                candidacy.resign();
                eventually().until(() -> rewound.commits.size() > 3);
                assertThat(rewound.commits.get(3) - rewound.commits.get(0))
                        .as("nanoseconds for three more attempts")
                        .isGreaterThanOrEqualTo(Duration.ofMillis(250).toNanos());
                rewound.tell(lost);
                LeaderTerm term = told.term(2);
                assertThat(candidacy.isLeader()).isTrue();
                assertThat(term.token().version().epoch()).isEqualTo(lost.epoch());
                assertThat(rewound.commits).hasSizeLessThan(20);
            }
        }
    }

    @Test
    @DisplayName("E15: what the store refuses is asked for again after the time of a lease")
    void refused() {
        unreliable.refuse(true);
        int before = unreliable.commits();
        long begin = System.nanoTime();
        RecordingListener told = new RecordingListener();
        Candidacy candidacy = elections.join("x", OPTIONS, told);
        eventually().until(() -> unreliable.commits() == before + 2);
        assertThat(System.nanoTime() - begin)
                .isGreaterThanOrEqualTo(OPTIONS.lease().toNanos());
        unreliable.refuse(false);
        told.term(1);
        assertThat(candidacy.isLeader()).isTrue();
    }

    @Test
    void closingDoesNotWaitUntilARefusedWriteWouldBeMadeAgain() {
        unreliable.refuse(true);
        Candidacy candidacy = elections.join("x", OPTIONS.withLease(Duration.ofMinutes(1)), new RecordingListener());
        eventually().until(() -> unreliable.commits() == 1);
        long begin = System.nanoTime();
        candidacy.close();
        assertThat(System.nanoTime() - begin)
                .as("nanoseconds, where closing gives up after five seconds")
                .isLessThan(Duration.ofSeconds(4).toNanos());
    }

    /** Answers from another store when history was rewound, one of the same epoch with a shorter history. */
    private static final class Rewound extends DelegatingBackend {

        private final SyncBackend later;
        private final List<Runnable> followers = new CopyOnWriteArrayList<>();
        private final List<Long> commits = new CopyOnWriteArrayList<>();
        private volatile boolean rewound;
        private volatile Version lost = Version.ABSENT;

        Rewound(SyncBackend backend, SyncBackend later) {
            super(backend);
            this.later = later;
        }

        void rewind() {
            rewound = true;
        }

        /** Lets the feeds know. */
        void tell(Version last) {
            lost = last;
            followers.forEach(Runnable::run);
        }

        @Override
        public CompletionStage<Page> read(String topic, Selection selection) {
            return rewound ? later.read(topic, selection) : super.read(topic, selection);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            if (!rewound) {
                return super.commit(commit);
            }
            commits.add(System.nanoTime());
            return later.commit(commit);
        }

        @Override
        public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
            return rewound ? later.keepAlive(leases) : super.keepAlive(leases);
        }

        @Override
        public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
            followers.add(() -> later.follow(topic, lost, scope, listener));
            return super.follow(topic, after, scope, listener);
        }
    }

    /** Loses answers and changes, and counts. */
    private static final class Unreliable extends DelegatingBackend {

        private final AtomicInteger commits = new AtomicInteger();
        private volatile @Nullable Predicate<Commit> losing;
        private volatile @Nullable RequestId lost;
        private volatile boolean refusing;
        private volatile boolean silent;

        Unreliable(SyncBackend backend) {
            super(backend);
        }

        /** To the first such commit, however often it is repeated. */
        void loseTheAnswerTo(Predicate<Commit> which) {
            losing = which;
        }

        void refuse(boolean whether) {
            refusing = whether;
        }

        void silence() {
            silent = true;
        }

        int commits() {
            return commits.get();
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            commits.incrementAndGet();
            if (refusing) {
                return CompletableFuture.failedFuture(new RejectedException("refused"));
            }
            CompletionStage<CommitResult> result = super.commit(commit);
            Predicate<Commit> which = losing;
            if (which != null && which.test(commit)) {
                losing = null;
                lost = commit.request();
            }
            if (!commit.request().equals(lost)) {
                return result;
            }
            return result.thenCompose(
                    committed -> CompletableFuture.failedFuture(new OutcomeUnknownException("the answer was lost")));
        }

        @Override
        public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
            return super.follow(topic, after, scope, unlessSilent(listener));
        }

        private ChangeListener unlessSilent(ChangeListener listener) {
            return new ChangeListener() {
                @Override
                public void onSnapshot(Page page) {
                    unlessSilent(() -> listener.onSnapshot(page));
                }

                @Override
                public void onChanges(List<Change> changes) {
                    unlessSilent(() -> listener.onChanges(changes));
                }

                @Override
                public void onReset(Version from, Version to) {
                    unlessSilent(() -> listener.onReset(from, to));
                }

                @Override
                public void onState(FeedState state) {
                    unlessSilent(() -> listener.onState(state));
                }
            };
        }

        private void unlessSilent(Runnable telling) {
            if (!silent) {
                telling.run();
            }
        }
    }
}
