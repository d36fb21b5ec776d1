package io.distsync.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** 50 threads of one process update one state, each as often: the time until the last of them is done. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-Xms2g",
            "-Xmx2g",
            // What Hazelcast asks for.
            "--add-modules=java.se",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens=java.management/sun.management=ALL-UNNAMED",
            "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED"
        })
@Warmup(iterations = 1)
@Measurement(iterations = 5)
public class RedisHotKey {

    @Param("500")
    public int updates;

    private final Crew crew = new Crew(HotKey.THREADS);

    @Setup
    public void start(Contender contender, WarmUp warmUp) {
        warmUp.repeat(() -> update(contender));
    }

    @Benchmark
    public void update(Contender contender) {
        crew.each(updates, contender::increment);
        contender.count((long) HotKey.THREADS * updates);
    }

    @TearDown
    public void dismiss() {
        crew.close();
    }
}
