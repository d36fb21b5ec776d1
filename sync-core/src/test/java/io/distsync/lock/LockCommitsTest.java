package io.distsync.lock;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.SyncBackend;
import io.distsync.error.NotAppliedException;
import io.distsync.error.RejectedException;
import io.distsync.lease.Release;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one node tells the store of its contenders, while answers are held back. */
@Timeout(60)
class LockCommitsTest extends BetweenLocksAndStore<LockCommitsTest.SlowStore> {

    private static final LockOptions OPTIONS = LockOptions.defaults();

    LockCommitsTest() {
        super(SlowStore::new);
    }

    @Override
    @AfterEach
    void close() {
        between.answer();
        super.close();
    }

    private CompletableFuture<Optional<LockGrant>> ask() {
        return locks.tryLockAsync("x", LONG, OPTIONS);
    }

    private static LockGrant granted(CompletableFuture<Optional<LockGrant>> asked) {
        return asked.orTimeout(20, TimeUnit.SECONDS).join().orElseThrow();
    }

    @Test
    @DisplayName("L2: those who come while an answer is awaited go together, in their order")
    void thoseWhoComeWhileAnAnswerIsAwaitedGoTogetherInTheirOrder() {
        between.holdBack();
        List<CompletableFuture<Optional<LockGrant>>> asked = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            asked.add(ask());
        }
        eventually().until(() -> between.sent().size() == 1);
        between.answer();

        LockGrant before = granted(asked.get(0));
        for (CompletableFuture<Optional<LockGrant>> next : asked.subList(1, 11)) {
            before.close();
            LockGrant grant = granted(next);
            assertThat(grant.token()).isGreaterThan(before.token());
            before = grant;
        }
        before.close();
        assertThat(between.sent().get(0)).as("the first one, by itself").isEqualTo(1);
        assertThat(between.sent().get(1)).as("the others, together").isEqualTo(10);
        assertThat(queue()).isEmpty();
    }

    @Test
    @DisplayName("L17: a lock is handed over within the node without an answer of the store")
    void lockIsHandedOverWithinTheNodeWithoutAnAnswerOfTheStore() {
        LockGrant first = granted(ask());
        CompletableFuture<Optional<LockGrant>> second = ask();
        CompletableFuture<Optional<LockGrant>> third = ask();
        CompletableFuture<Optional<LockGrant>> elsewhere = otherLocks.tryLockAsync("x", LONG, OPTIONS);
        eventually().until(() -> queue().size() == 4);
        between.holdBack();

        assertThat(first.release()).isEqualTo(Release.RELEASED);
        LockGrant grant = granted(second);
        assertThat(grant.token()).isGreaterThan(first.token());
        assertThat(third).isNotDone();
        assertThat(grant.release()).isEqualTo(Release.RELEASED);
        LockGrant last = granted(third);
        assertThat(elsewhere).as("comes after them").isNotDone();

        between.answer();
        eventually().until(() -> queue().size() == 2);
        assertThat(last.isValid()).isTrue();
        assertThat(elsewhere).isNotDone();
        last.close();
        LockGrant there = granted(elsewhere);
        assertThat(there.token()).isGreaterThan(last.token());
        there.close();
    }

    /** It joined behind somebody who had given the lock back, of which the store was told later. */
    @Test
    @DisplayName("L17: who comes right after one who has gone has its turn")
    void whoComesRightAfterOneWhoHasGoneHasItsTurn() {
        LockGrant first = granted(ask());
        between.holdBack();
        CompletableFuture<Optional<LockGrant>> second = ask();
        eventually().until(() -> between.sent().size() == 2);
        CompletableFuture<Release> released = first.releaseAsync();

        between.answerOne();

        LockGrant grant = granted(second);
        assertThat(released).as("the store was not told yet").isNotDone();
        assertThat(queue()).hasSize(2);
        between.answer();
        assertThat(released).succeedsWithin(LONG).isEqualTo(Release.RELEASED);
        assertThat(grant.isValid()).isTrue();
        grant.close();
    }

    @Test
    @DisplayName("L18: who gives up before the store was asked is not asked for")
    void whoGivesUpBeforeTheStoreWasAskedIsNotAskedFor() {
        between.holdBack();
        CompletableFuture<Optional<LockGrant>> first = ask();
        eventually().until(() -> between.sent().size() == 1);
        CompletableFuture<Optional<LockGrant>> impatient = locks.tryLockAsync("x", Duration.ofMillis(1), OPTIONS);
        CompletableFuture<Optional<LockGrant>> cancelled = ask();
        assertThat(cancelled.cancel(true)).isTrue();

        assertThat(impatient)
                .failsWithin(LONG)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(NotAppliedException.class);

        between.answer();
        LockGrant grant = granted(first);
        assertThat(queue()).hasSize(1);
        grant.close();
        assertThat(between.sent()).as("joined, and left").containsExactly(1, 1);
    }

    @Test
    @DisplayName("L18: who was gone already does not keep others from leaving")
    void whoWasGoneAlreadyDoesNotKeepOthersFromLeaving() {
        LockOptions shared = OPTIONS.shared();
        List<LockGrant> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(locks.tryLock("x", LONG, shared).orElseThrow());
        }
        between.holdBack();
        CompletableFuture<Optional<LockGrant>> behind = ask();
        eventually().until(() -> between.sent().size() == 4);
        List<CompletableFuture<Release>> released =
                held.stream().map(LockGrant::releaseAsync).toList();
        others.map(QUEUE).remove(queue().get(1));
        between.answer();

        assertThat(released.get(0)).succeedsWithin(LONG).isEqualTo(Release.RELEASED);
        assertThat(released.get(1)).succeedsWithin(LONG).isEqualTo(Release.ALREADY_LOST);
        assertThat(released.get(2)).succeedsWithin(LONG).isEqualTo(Release.RELEASED);
        granted(behind).close();
        assertThat(queue()).isEmpty();
    }

    @Test
    @DisplayName("L18: a commit that fails is told to each, and the next one goes on")
    void commitThatFailsIsToldToEachAndTheNextOneGoesOn() {
        between.holdBack();
        CompletableFuture<Optional<LockGrant>> first = ask();
        eventually().until(() -> between.sent().size() == 1);
        List<CompletableFuture<Optional<LockGrant>>> together = List.of(ask(), ask(), ask());
        between.answerOne();
        CompletableFuture<Release> released = granted(first).releaseAsync();
        eventually().until(() -> between.sent().size() == 2);
        between.fail(new RejectedException("not this time"));

        together.forEach(asked -> assertThat(asked)
                .failsWithin(LONG)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(RejectedException.class));
        assertThat(released).succeedsWithin(LONG).isEqualTo(Release.RELEASED);
        granted(ask()).close();
        eventually().until(() -> queue().isEmpty());
    }

    /** Keeps commits back until it is told to let them through. */
    static final class SlowStore extends DelegatingBackend {

        private final List<Integer> sent = new ArrayList<>();
        private final List<Runnable> held = new ArrayList<>();
        private final List<CompletableFuture<CommitResult>> asked = new ArrayList<>();
        private boolean holdsBack;

        SlowStore(SyncBackend store) {
            super(store);
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            synchronized (this) {
                sent.add(commit.mutations().size());
                if (holdsBack) {
                    CompletableFuture<CommitResult> result = new CompletableFuture<>();
                    asked.add(result);
                    held.add(() -> super.commit(commit).whenComplete((done, failure) -> {
                        if (failure == null) {
                            result.complete(done);
                        } else {
                            result.completeExceptionally(failure);
                        }
                    }));
                    return result;
                }
            }
            return super.commit(commit);
        }

        /** How many mutations each commit had. */
        synchronized List<Integer> sent() {
            return List.copyOf(sent);
        }

        synchronized void holdBack() {
            holdsBack = true;
        }

        void answerOne() {
            Runnable next;
            synchronized (this) {
                asked.remove(0);
                next = held.remove(0);
            }
            next.run();
        }

        void answer() {
            while (true) {
                synchronized (this) {
                    if (held.isEmpty()) {
                        holdsBack = false;
                        return;
                    }
                }
                answerOne();
            }
        }

        /** Fails what is held back, and lets the rest through. */
        void fail(RuntimeException why) {
            List<CompletableFuture<CommitResult>> failing;
            synchronized (this) {
                failing = List.copyOf(asked);
                asked.clear();
                held.clear();
                holdsBack = false;
            }
            failing.forEach(result -> result.completeExceptionally(why));
        }
    }
}
