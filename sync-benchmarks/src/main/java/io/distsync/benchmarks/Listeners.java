package io.distsync.benchmarks;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncService;
import io.distsync.Versioned;
import io.distsync.version.Version;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
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
@Warmup(iterations = 3, time = 2)
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
    public void submissionPublisher(Published state) {
        state.audience.expectBurst();
        for (int i = 0; i < BURST; i++) {
            state.last = state.last.incremented();
            state.publisher.submit(state.last);
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
    private static final class Count implements SyncListenerCallbacks<AppState>, Flow.Subscriber<AppState> {

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

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(AppState state) {
            tell(state);
        }

        @Override
        public void onError(Throwable error) {
            faults++;
        }

        @Override
        public void onComplete() {}
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

    /** The JDK's own publisher with bounded buffers, on as many threads as the service uses. */
    @State(Scope.Benchmark)
    public static class Published {

        private final ExecutorService threads =
                Executors.newFixedThreadPool(Math.max(2, Runtime.getRuntime().availableProcessors()));
        final SubmissionPublisher<AppState> publisher = new SubmissionPublisher<>(threads, 2 * BURST);
        private final Audience audience = new Audience();
        private final List<Count> counts =
                Stream.generate(() -> new Count(audience)).limit(LISTENERS).toList();
        AppState last = new AppState();

        public Published() {
            counts.forEach(publisher::subscribe);
        }

        @TearDown
        public void check() {
            threads.shutdown();
            counts.forEach(count -> count.check(last.counter()));
        }
    }
}
