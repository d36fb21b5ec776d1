package io.distsync.benchmarks;

import io.distsync.SyncService;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
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

    private final ExecutorService crew = Executors.newFixedThreadPool(HotKey.THREADS);
    private long expected;

    @Benchmark
    public long optimisticUpdate(Stored state) {
        together(() -> state.service.optimisticUpdate(AppState.class, AppState::incremented));
        return verified(Checks.stored(state.service));
    }

    @Benchmark
    public long atomicReference(Atomic state) {
        together(() -> state.reference.updateAndGet(AppState::incremented));
        return verified(Objects.requireNonNull(state.reference.get()).counter());
    }

    @Benchmark
    public long concurrentHashMap(Mapped state) {
        together(() -> state.increment("key"));
        return verified(state.map.getOrDefault("key", new AppState()).counter());
    }

    @TearDown
    public void dismiss() {
        crew.shutdownNow();
    }

    private void together(Runnable update) {
        Callable<Void> shift = () -> {
            for (int i = 0; i < UPDATES; i++) {
                update.run();
            }
            return null;
        };
        try {
            List<Callable<Void>> shifts =
                    IntStream.range(0, HotKey.THREADS).mapToObj(index -> shift).toList();
            for (Future<Void> done : crew.invokeAll(shifts)) {
                done.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
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
