package io.distsync.benchmark;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.Warmup;

/** Reading a value that is already in this process: the lower bound for a replica's read. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LocalReadBenchmark {

    private static final int ENTRIES = 1_000;

    private final ConcurrentMap<String, String> map = new ConcurrentHashMap<>();
    private final Cache<String, String> caffeine =
            Caffeine.newBuilder().maximumSize(2L * ENTRIES).build();

    @Setup
    public void fill() {
        for (int i = 0; i < ENTRIES; i++) {
            map.put("key-" + i, "value-" + i);
            caffeine.put("key-" + i, "value-" + i);
        }
    }

    @Benchmark
    public @Nullable String concurrentHashMap() {
        return map.get("key-500");
    }

    @Benchmark
    public @Nullable String caffeine() {
        return caffeine.getIfPresent("key-500");
    }
}
