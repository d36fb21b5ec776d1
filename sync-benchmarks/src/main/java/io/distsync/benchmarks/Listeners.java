package io.distsync.benchmarks;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncService;
import io.distsync.Versioned;
import io.distsync.version.Version;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One writer, a thousand listeners of every change. The writer sends a burst that fits every buffer, then waits until
 * the last listener has it: so nothing is skipped, and each delivery counts. Allocation includes the writer's.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 3, time = 2)
@OperationsPerInvocation(Listeners.LISTENERS * Listeners.BURST)
public class Listeners {

    static final int LISTENERS = 1_000;
    static final int BURST = 512;

    @Benchmark
    public void everyListener(Listened state) {
        state.audience.expectBurst();
        for (int i = 0; i < BURST; i++) {
            state.service.optimisticUpdate(AppState.class, AppState::incremented);
        }
        state.audience.awaitBurst();
    }

    @Benchmark
    public void queueEach(Queued state) {
        state.audience.expectBurst();
        for (int i = 0; i < BURST; i++) {
            state.publish();
        }
        state.audience.awaitBurst();
    }

    /** Knows when every listener has the whole burst. */
    private static final class Audience {

        private volatile CountDownLatch waiting = new CountDownLatch(0);

        void expectBurst() {
            waiting = new CountDownLatch(LISTENERS);
        }

        void awaitBurst() {
            try {
                Checks.require("every listener gets the burst", waiting.await(30, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        void hasBurst() {
            waiting.countDown();
        }
    }

    /** Counts states, which must come one after another with none left out. */
    private static final class Count implements SyncListenerCallbacks<AppState> {

        private final Audience audience;
        private long told;
        private long faults;

        Count(Audience audience) {
            this.audience = audience;
        }

        private void tell(AppState state) {
            told++;
            if (state.counter() != told) {
                faults++;
            }
            if (told % BURST == 0) {
                audience.hasBurst();
            }
        }

        void check(long expected) {
            Checks.require("told " + told + " of " + expected + ", faults " + faults, told == expected && faults == 0);
        }

        @Override
        public void onChange(Versioned<AppState> state) {
            tell(state.value());
        }

        @Override
        public void onReset(Version from, Version to, Versioned<AppState> current) {
            faults++;
        }
    }

    @State(Scope.Benchmark)
    public static class Listened {

        final SyncService service = SyncService.local();
        private final DistributedSync<AppState> handle = service.sync(AppState.class);
        private final Audience audience = new Audience();
        private final List<Count> counts =
                Stream.generate(() -> new Count(audience)).limit(LISTENERS).toList();

        public Listened() {
            counts.forEach(count -> handle.onChange(Delivery.EVERY, count));
        }

        @TearDown
        public void check() {
            long stored = Checks.stored(service);
            service.close();
            counts.forEach(count -> count.check(stored));
        }
    }

    /** What one would write by hand: a bounded queue for each listener, on as many threads as the service uses. */
    @State(Scope.Benchmark)
    public static class Queued {

        private final ExecutorService threads =
                Executors.newFixedThreadPool(Math.max(2, Runtime.getRuntime().availableProcessors()));
        private final Audience audience = new Audience();
        private final List<Mailbox> mailboxes = Stream.generate(() -> new Mailbox(new Count(audience), threads))
                .limit(LISTENERS)
                .toList();
        private AppState last = new AppState();

        void publish() {
            last = last.incremented();
            for (Mailbox mailbox : mailboxes) {
                mailbox.post(last);
            }
        }

        @TearDown
        public void check() {
            threads.shutdown();
            mailboxes.forEach(mailbox -> mailbox.count.check(last.counter()));
        }
    }

    /** A listener's queue, emptied by one thread at a time. */
    private static final class Mailbox implements Runnable {

        private final Count count;
        private final Executor threads;
        private final Queue<AppState> queue = new ArrayBlockingQueue<>(2 * BURST);
        private final AtomicBoolean scheduled = new AtomicBoolean();

        Mailbox(Count count, Executor threads) {
            this.count = count;
            this.threads = threads;
        }

        void post(AppState state) {
            Checks.require("a burst fits the queue", queue.offer(state));
            wake();
        }

        @Override
        public void run() {
            for (AppState next = queue.poll(); next != null; next = queue.poll()) {
                count.tell(next);
            }
            scheduled.set(false);
            if (!queue.isEmpty()) {
                wake();
            }
        }

        private void wake() {
            if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
                threads.execute(this);
            }
        }
    }
}
