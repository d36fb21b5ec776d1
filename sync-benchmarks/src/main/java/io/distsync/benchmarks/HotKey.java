package io.distsync.benchmarks;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncService;
import io.distsync.Versioned;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Many threads update one state without a pause. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
@Warmup(iterations = 10, time = 1)
@Measurement(iterations = 3, time = 1)
@Threads(HotKey.THREADS)
public class HotKey {

    static final int THREADS = 50;

    @Benchmark
    public Versioned<AppState> optimisticUpdate(Alone state, Tally.Caller caller) {
        caller.updates++;
        return state.service.optimisticUpdate(AppState.class, AppState::incremented);
    }

    @Benchmark
    public Versioned<AppState> withOpenHandle(Followed state, Tally.Caller caller) {
        caller.updates++;
        return state.service.optimisticUpdate(AppState.class, AppState::incremented);
    }

    @Benchmark
    public Versioned<AppState> withListener(Listened state, Tally.Caller caller) {
        caller.updates++;
        return state.service.optimisticUpdate(AppState.class, AppState::incremented);
    }

    @Benchmark
    public AppState atomicReference(Atomic state, Tally.Caller caller) {
        caller.updates++;
        return state.reference.updateAndGet(AppState::incremented);
    }

    @Benchmark
    public @Nullable AppState concurrentHashMap(Mapped state, Tally.Caller caller) {
        caller.updates++;
        return state.map.compute("key", (key, held) -> (held == null ? new AppState() : held).incremented());
    }

    @State(Scope.Benchmark)
    public static class Alone {

        final SyncService service = SyncService.local();

        @TearDown
        public void check(Tally tally) {
            tally.check(Checks.stored(service));
            service.close();
        }
    }

    @State(Scope.Benchmark)
    public static class Followed {

        final SyncService service = SyncService.local();
        private final DistributedSync<AppState> handle = service.sync(AppState.class);

        @TearDown
        public void check(Tally tally) {
            tally.check(handle.get().counter());
            tally.check(Checks.stored(service));
            service.close();
        }
    }

    /** The listener may fall behind and be reset, but has to arrive at the final state. */
    @State(Scope.Benchmark)
    public static class Listened {

        final SyncService service = SyncService.local();
        private final LastTold lastTold = new LastTold();

        public Listened() {
            service.sync(AppState.class).onChange(Delivery.EVERY, lastTold);
        }

        @TearDown
        public void check(Tally tally) {
            long stored = Checks.stored(service);
            tally.check(stored);
            Checks.eventually("the listener arrives at " + stored, () -> lastTold.counter == stored);
            service.close();
        }
    }

    private static final class LastTold implements SyncListenerCallbacks<AppState> {

        volatile long counter;

        @Override
        public void onChange(Versioned<AppState> state) {
            counter = state.value().counter();
        }
    }

    @State(Scope.Benchmark)
    public static class Atomic {

        final AtomicReference<AppState> reference = new AtomicReference<>(new AppState());

        @TearDown
        public void check(Tally tally) {
            tally.check(Objects.requireNonNull(reference.get()).counter());
        }
    }

    @State(Scope.Benchmark)
    public static class Mapped {

        final ConcurrentHashMap<String, AppState> map = new ConcurrentHashMap<>();

        @TearDown
        public void check(Tally tally) {
            tally.check(map.getOrDefault("key", new AppState()).counter());
        }
    }
}
