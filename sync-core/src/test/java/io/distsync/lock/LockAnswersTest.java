package io.distsync.lock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.NothingLeftBehind;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.DelegatingBackend;
import io.distsync.backend.Mutation;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.queue.Claim;
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
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Answers of the store that come late, twice, or not at all, and what users do in what depends on them. */
@Timeout(60)
class LockAnswersTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Topic<Contender> QUEUE =
            Topic.of("lock:x", Contender.class).withIdleExpiry(Duration.ofHours(1));

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private final LocalSyncBackend store = LocalSyncBackend.create();
    private final LosingReplies losing = new LosingReplies(store);
    private final SyncService service = SyncService.using(losing);
    private final SyncService others = SyncService.using(store);
    private final SyncLocks locks = SyncLocks.using(service);
    private final SyncLocks otherLocks = SyncLocks.using(others);

    @AfterEach
    void close() {
        locks.close();
        otherLocks.close();
        service.close();
        others.close();
        store.close();
    }

    private static ConditionFactory eventually() {
        return await().atMost(LONG).pollInterval(Duration.ofMillis(2));
    }

    private int queue() {
        return others.map(QUEUE)
                .read(Selection.first(Claim.QUEUE, 100))
                .entries()
                .size();
    }

    @Test
    void answerToTheRepeatIsNotTakenForTheFirstPlace() {
        LockGrant held = otherLocks.tryLock("x", LONG).orElseThrow();
        AtomicReference<CompletableFuture<Optional<LockGrant>>> behind = new AtomicReference<>();
        losing.afterTheNextJoin(() -> {
            behind.set(otherLocks.tryLockAsync("x", LONG, LockOptions.defaults()));
            eventually().until(() -> queue() == 3);
        });

        CompletableFuture<Optional<LockGrant>> between = locks.tryLockAsync("x", LONG, LockOptions.defaults());

        eventually().until(() -> losing.reads() > 0);
        eventually().until(() -> queue() == 3);
        assertThat(between).isNotDone();
        assertThat(held.isValid()).isTrue();
        held.close();
        assertThat(between).succeedsWithin(LONG);
        assertThat(behind.get()).isNotDone();
        between.join().orElseThrow().close();
        assertThat(behind.get()).succeedsWithin(LONG);
    }

    @Test
    void entryOfSomebodyElseUnderTheSameKeyIsLeftAlone() {
        LockGrant old = locks.tryLock("x", LONG, LockOptions.defaults().withLease(Duration.ofSeconds(1)))
                .orElseThrow();
        List<LossReason> lost = new CopyOnWriteArrayList<>();
        old.onLost(lost::add);
        SyncMap<Contender> stored = others.map(QUEUE);
        String key =
                stored.read(Selection.first(Claim.QUEUE, 1)).entries().get(0).key();

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
            eventually().until(() -> queue() == 2); // the first one has gone, and blocks

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
        eventually().until(() -> queue() == 0);
    }

    @Test
    void futureThatIsCompletedByATimeoutLeavesTheQueue() {
        try (LockGrant held = locks.tryLock("x", LONG).orElseThrow()) {
            CompletableFuture<Optional<LockGrant>> waiting =
                    locks.tryLockAsync("x", LONG, LockOptions.defaults()).orTimeout(50, TimeUnit.MILLISECONDS);
            assertThat(waiting).failsWithin(LONG);
            eventually().until(() -> queue() == 1);
            assertThat(held.isValid()).isTrue();
        }
    }

    /** Loses the reply to a join, once something else has happened. */
    private static final class LosingReplies extends DelegatingBackend {

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
