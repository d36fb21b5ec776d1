package io.distsync.benchmarks;

import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.ThreadParams;

/** Each of many threads updates an entry of its own, all in one topic: one order, no shared value. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
@Warmup(iterations = 10, time = 1)
@Measurement(iterations = 3, time = 1)
@Threads(HotKey.THREADS)
public class HotMap {

    @Benchmark
    public Versioned<AppState> syncMap(Synchronised state, Own own, Tally.Caller caller) {
        caller.updates++;
        return state.map.update(own.key, AppState::incremented);
    }

    @Benchmark
    public @Nullable AppState concurrentHashMap(Plain state, Own own, Tally.Caller caller) {
        caller.updates++;
        return state.map.compute(own.key, (key, held) -> (held == null ? new AppState() : held).incremented());
    }

    @State(Scope.Thread)
    public static class Own {

        String key = "";

        @Setup
        public void name(ThreadParams thread) {
            key = keyOf(thread.getThreadIndex());
        }
    }

    @State(Scope.Benchmark)
    public static class Synchronised {

        private final SyncService service = SyncService.local();
        final SyncMap<AppState> map =
                service.map(Topic.of("app_states", AppState.class).withInitial(AppState::new));

        @TearDown
        public void check(Tally tally) {
            tally.check(sum(key -> map.get(key).map(Versioned::value).orElse(null)));
            service.close();
        }
    }

    @State(Scope.Benchmark)
    public static class Plain {

        final ConcurrentHashMap<String, AppState> map = new ConcurrentHashMap<>();

        @TearDown
        public void check(Tally tally) {
            tally.check(sum(map::get));
        }
    }

    private static String keyOf(int thread) {
        return "key-" + thread;
    }

    private static long sum(Function<String, @Nullable AppState> lookup) {
        long sum = 0;
        for (int i = 0; i < HotKey.THREADS; i++) {
            AppState state = lookup.apply(keyOf(i));
            sum += state == null ? 0 : state.counter();
        }
        return sum;
    }
}
