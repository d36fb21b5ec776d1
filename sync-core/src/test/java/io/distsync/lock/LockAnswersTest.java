package io.distsync.lock;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncMap;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.Mutation;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.queue.Contender;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers of the store that come late, twice, or not at all, and what users do in what depends on them. */
@Timeout(60)
class LockAnswersTest extends BetweenLocksAndStore<LockAnswersTest.LosingReplies> {

    LockAnswersTest() {
        super(LosingReplies::new);
    }

    @Test
    void answerToTheRepeatIsNotTakenForTheFirstPlace() {
        LockGrant held = otherLocks.tryLock("x", LONG).orElseThrow();
        AtomicReference<CompletableFuture<Optional<LockGrant>>> behind = new AtomicReference<>();
        between.afterTheNextJoin(() -> {
            behind.set(otherLocks.tryLockAsync("x", LONG, LockOptions.defaults()));
            eventually().until(() -> queue().size() == 3);
        });

        CompletableFuture<Optional<LockGrant>> middle = locks.tryLockAsync("x", LONG, LockOptions.defaults());

        eventually().until(() -> between.reads() > 0);
        eventually().until(() -> queue().size() == 3);
        assertThat(middle).isNotDone();
        assertThat(held.isValid()).isTrue();
        held.close();
        assertThat(middle).succeedsWithin(LONG);
        assertThat(behind.get()).isNotDone();
        middle.join().orElseThrow().close();
        assertThat(behind.get()).succeedsWithin(LONG);
    }

    @Test
    void entryOfSomebodyElseUnderTheSameKeyIsLeftAlone() {
        LockGrant old = locks.tryLock("x", LONG, LockOptions.defaults().withLease(Duration.ofSeconds(1)))
                .orElseThrow();
        List<LossReason> lost = new CopyOnWriteArrayList<>();
        old.onLost(lost::add);
        SyncMap<Contender> stored = others.map(QUEUE);
        String key = queue().get(0);

        stored.put(key, new Contender("of another history", 1, false)); // where revisions begin anew, so do keys

        eventually().untilAsserted(() -> assertThat(lost).containsExactly(LossReason.GONE));
        assertThat(old.release()).isEqualTo(Release.ALREADY_LOST);
        assertThat(otherLocks.tryLock("x", Duration.ZERO)).as("the other one's").isEmpty();
        assertThat(stored.get(key)).isPresent();
        stored.remove(key);
    }

    @Test
    void whatUsersDoWithAnAnswerHoldsUpNobody() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try {
            LockOptions shortLease = LockOptions.defaults().withLease(Duration.ofSeconds(1));
            LockGrant held = locks.tryLock("x", LONG, shortLease).orElseThrow();
            CountDownLatch blocking = new CountDownLatch(2);
            for (Duration wait : List.of(Duration.ofMillis(10), LONG)) {
                var unused = locks.tryLockAsync("x", wait, shortLease).thenAccept(grant -> {
                    blocking.countDown();
                    try {
                        boolean ended = end.await(30, TimeUnit.SECONDS);
                        grant.filter(some -> ended).ifPresent(LockGrant::close);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
            LockGrant other = locks.tryLock("y", LONG, shortLease).orElseThrow();
            eventually().until(() -> queue().size() == 2); // the first one has gone, and blocks

            assertThat(held.release()).as("though the next one blocks").isEqualTo(Release.RELEASED);
            assertThat(blocking.await(20, TimeUnit.SECONDS)).isTrue();
            AtomicLong before = new AtomicLong(Long.MAX_VALUE);
            eventually().until(() -> {
                long now = other.remaining().toNanos();
                return now > before.getAndSet(now); // renewed since
            });
            assertThat(other.isValid()).isTrue();
            other.close();
        } finally {
            end.countDown();
        }
        eventually().until(() -> queue().size() == 0);
    }

    @Test
    void futureThatIsCompletedByATimeoutLeavesTheQueue() {
        try (LockGrant held = locks.tryLock("x", LONG).orElseThrow()) {
            CompletableFuture<Optional<LockGrant>> waiting =
                    locks.tryLockAsync("x", LONG, LockOptions.defaults()).orTimeout(50, TimeUnit.MILLISECONDS);
            assertThat(waiting).failsWithin(LONG);
            eventually().until(() -> queue().size() == 1);
            assertThat(held.isValid()).isTrue();
        }
    }

    /** Loses the reply to a join, once something else has happened. */
    static final class LosingReplies extends DelegatingBackend {

        private final AtomicReference<Runnable> next = new AtomicReference<>();
        private volatile int reads;

        LosingReplies(SyncBackend backend) {
            super(backend);
        }

        void afterTheNextJoin(Runnable meanwhile) {
            next.set(meanwhile);
        }

        int reads() {
            return reads;
        }

        @Override
        public CompletionStage<CommitResult> commit(Commit commit) {
            CompletionStage<CommitResult> result = super.commit(commit);
            boolean joins = commit.mutations().stream().anyMatch(Mutation.PutSequential.class::isInstance);
            Runnable meanwhile = joins ? next.getAndSet(null) : null;
            if (meanwhile == null) {
                return result;
            }
            return result.thenCompose(committed -> {
                meanwhile.run();
                return CompletableFuture.failedFuture(new OutcomeUnknownException("the reply was lost"));
            });
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // any number above 0 will do
        public CompletionStage<io.distsync.backend.Page> read(String topic, Selection selection) {
            reads++;
            return super.read(topic, selection);
        }
    }
}
