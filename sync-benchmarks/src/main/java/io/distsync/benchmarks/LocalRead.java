package io.distsync.benchmarks;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Versioned;
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

/** Reading a state that is already in this process. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class LocalRead {

    private static final String KEY = "app_state";

    private final AppState written = new AppState(42, "written");
    private final SyncService service = SyncService.local();
    private final DistributedSync<AppState> handle = service.sync(AppState.class);
    private final AtomicReference<AppState> reference = new AtomicReference<>(written);
    private final Cache<String, AppState> cache =
            Caffeine.newBuilder().maximumSize(1_000).build();

    public LocalRead() {
        service.send(AppState.class, written);
        cache.put(KEY, written);
    }

    @Benchmark
    public AppState handleGet() {
        return handle.get();
    }

    @Benchmark
    public Versioned<AppState> handleVersioned() {
        return handle.versioned();
    }

    @Benchmark
    public @Nullable AppState atomicReferenceGet() {
        return reference.get();
    }

    @Benchmark
    public @Nullable AppState caffeineGetIfPresent() {
        return cache.getIfPresent(KEY);
    }

    @TearDown
    public void check() {
        Checks.require("the handle holds what was written", handle.get().equals(written));
        service.close();
    }
}
