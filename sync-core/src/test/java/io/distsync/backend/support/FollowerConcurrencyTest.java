package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.time.VirtualTime;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FollowerConcurrencyTest {

    private static final int THREADS = 4;

    private final ScriptedTopic topic = new ScriptedTopic();
    private final VirtualTime time = new VirtualTime();
    private final Witness witness = new Witness();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    /** Notes every breach of the listener's contract: overlap, gap, duplicate, a call after the end. */
    private static class Witness implements ChangeListener {

        private final AtomicInteger inside = new AtomicInteger();
        private final AtomicBoolean closed = new AtomicBoolean();
        private final List<String> breaches = new ArrayList<>();
        private volatile Version position = Version.ABSENT;
        private volatile FeedState state = FeedState.RESYNCING;
        private volatile Runnable duringChanges = () -> {};

        private void call(Runnable body) {
            if (closed.get()) {
                breach("call after close");
            }
            if (inside.incrementAndGet() != 1) {
                breach("overlap");
            }
            body.run();
            inside.decrementAndGet();
        }

        private void breach(String what) {
            synchronized (breaches) {
                breaches.add(what);
            }
        }

        @Override
        public void onSnapshot(Page page) {
            call(() -> position = page.head());
        }

        @Override
        public void onChanges(List<Change> changes) {
            call(() -> {
                for (Change change : changes) {
                    if (!Links.continues(position, change)) {
                        breach(change.version() + " after " + position);
                    }
                    position = change.version();
                }
                duringChanges.run();
            });
        }

        @Override
        public void onReset(Version from, Version to) {
            call(() -> breach("reset"));
        }

        @Override
        public void onState(FeedState now) {
            call(() -> state = now);
        }
    }

    private Follower follow() {
        Follower follower =
                new Follower("t", Version.ABSENT, Scope.entries(), witness, topic::read, topic::history, time);
        follower.connected();
        follower.start();
        return follower;
    }

    private void inAllThreads(Runnable body) throws Exception {
        CountDownLatch ready = new CountDownLatch(THREADS);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            running.add(threads.submit(() -> {
                ready.countDown();
                ready.await();
                body.run();
                return null;
            }));
        }
        for (Future<?> each : running) {
            each.get(60, TimeUnit.SECONDS);
        }
    }

    private static void times(int count, Runnable body) {
        for (int i = 0; i < count; i++) {
            body.run();
        }
    }

    @AfterEach
    void contractWasKept() {
        threads.shutdownNow();
        assertThat(witness.breaches).isEmpty();
    }

    @Test
    void commitsFedInOrderAreToldBeforeTheFeedingCallReturns() throws Exception {
        Follower follower = follow();
        int readsOfTheStart = topic.readsAsked();
        AtomicInteger late = new AtomicInteger();

        inAllThreads(() -> times(5_000, () -> {
            synchronized (topic) {
                List<Change> commit = topic.commit("a", "b");
                follower.live(commit);
                if (!witness.position.equals(commit.get(1).version())) {
                    late.incrementAndGet();
                }
            }
        }));

        assertThat(late).hasValue(0);
        assertThat(topic.readsAsked()).isEqualTo(readsOfTheStart);
        assertThat(witness.state).isEqualTo(FeedState.CURRENT);
    }

    @Test
    void commitsFedByRacingThreadsAreToldInOrderAndCompletely() throws Exception {
        Follower follower = follow();

        inAllThreads(() -> times(3_000, () -> follower.live(topic.commit("a"))));

        assertThat(witness.position).isEqualTo(topic.head());
        assertThat(topic.size()).isEqualTo(THREADS * 3_000);
        assertThat(witness.state).isEqualTo(FeedState.CURRENT);
    }

    @Test
    void eventsOfEveryKindFromRacingThreadsKeepTheOrder() throws Exception {
        Follower follower = follow();
        AtomicInteger turn = new AtomicInteger();

        inAllThreads(() -> times(3_000, () -> {
            List<Change> commit = topic.commit("a");
            switch (turn.incrementAndGet() % 8) {
                case 0 -> follower.disconnected();
                case 1 -> follower.connected();
                case 2 -> follower.head(topic.head());
                default -> follower.live(commit);
            }
        }));
        follower.connected();

        assertThat(witness.position).isEqualTo(topic.head());
        assertThat(witness.state).isEqualTo(FeedState.CURRENT);
    }

    @Test
    void noCallbackBeginsAfterCloseReturned() throws Exception {
        for (int round = 0; round < 300; round++) {
            witness.closed.set(false);
            witness.position = topic.head();
            Follower follower =
                    new Follower("t", topic.head(), Scope.log(), witness, topic::read, topic::history, time);
            follower.connected();
            follower.start();
            CountDownLatch feeding = new CountDownLatch(2);
            Future<?> feeder = threads.submit(() -> times(100, () -> {
                follower.live(topic.commit("a"));
                feeding.countDown();
            }));
            Future<?> other = threads.submit(() -> times(100, () -> {
                follower.head(topic.head());
                feeding.countDown();
            }));
            assertThat(feeding.await(30, TimeUnit.SECONDS)).isTrue();

            follower.close();
            witness.closed.set(true);

            feeder.get(30, TimeUnit.SECONDS);
            other.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void closeWaitsForTheRunningCallback() throws Exception {
        Follower follower = follow();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean left = new AtomicBoolean();
        witness.duringChanges = () -> {
            entered.countDown();
            awaitUnchecked(release);
            left.set(true);
        };
        Future<?> feeder = threads.submit(() -> follower.live(topic.commit("a")));
        assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();

        AtomicReference<@Nullable Thread> closer = new AtomicReference<>();
        Future<Boolean> closed = threads.submit(() -> {
            closer.set(Thread.currentThread());
            follower.close();
            return left.get();
        });
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            Thread thread = closer.get();
            return thread != null && thread.getState() == Thread.State.WAITING;
        });
        assertThat(closed).isNotDone();
        release.countDown();

        assertThat(closed.get(30, TimeUnit.SECONDS)).isTrue();
        feeder.get(30, TimeUnit.SECONDS);
    }

    @Test
    void whatArrivesWhileAListenerBlocksIsBoundedAndComesFromTheLog() throws Exception {
        Follower follower = follow();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        witness.duringChanges = () -> {
            entered.countDown();
            awaitUnchecked(release);
        };
        Future<?> blocked = threads.submit(() -> follower.live(topic.commit("a")));
        assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
        int reads = topic.readsAsked();

        times(3_000, () -> follower.live(topic.commit("a")));
        assertThat(witness.position.revision()).isEqualTo(1);
        release.countDown();
        blocked.get(30, TimeUnit.SECONDS);

        assertThat(witness.position).isEqualTo(topic.head());
        assertThat(topic.readsAsked()).isGreaterThan(reads);
        assertThat(witness.state).isEqualTo(FeedState.CURRENT);
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
