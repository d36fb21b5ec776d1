package io.distsync.benchmarks;

import io.distsync.SyncService;
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
import org.openjdk.jmh.annotations.Warmup;

/** 50 threads with 20,000 updates each of one state: the time until the last of them is done. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
@Warmup(iterations = 5)
@Measurement(iterations = 5)
public class HotKeyBatch {

    private static final int UPDATES = 20_000;

    private final Crew crew = new Crew(HotKey.THREADS);
    private long expected;

    @Benchmark
    public long optimisticUpdate(Stored state) {
        crew.each(UPDATES, () -> state.service.optimisticUpdate(AppState.class, AppState::incremented));
        return verified(Checks.stored(state.service));
    }

    @Benchmark
    public long atomicReference(Atomic state) {
        crew.each(UPDATES, () -> state.reference.updateAndGet(AppState::incremented));
        return verified(Objects.requireNonNull(state.reference.get()).counter());
    }

    @Benchmark
    public long concurrentHashMap(Mapped state) {
        crew.each(UPDATES, () -> state.increment("key"));
        return verified(state.map.getOrDefault("key", new AppState()).counter());
    }

    @TearDown
    public void dismiss() {
        crew.close();
    }

    private long verified(long counter) {
        expected += (long) HotKey.THREADS * UPDATES;
        Checks.require("counter " + counter + " = " + expected + " updates", counter == expected);
        return counter;
    }

    @State(Scope.Benchmark)
    public static class Stored {

        final SyncService service = SyncService.local();

        @TearDown
        public void close() {
            service.close();
        }
    }

    @State(Scope.Benchmark)
    public static class Atomic {

        final AtomicReference<AppState> reference = new AtomicReference<>(new AppState());
    }

    @State(Scope.Benchmark)
    public static class Mapped {

        final ConcurrentHashMap<String, AppState> map = new ConcurrentHashMap<>();

        @Nullable
        AppState increment(String wanted) {
            return map.compute(wanted, (key, held) -> (held == null ? new AppState() : held).incremented());
        }
    }
}
