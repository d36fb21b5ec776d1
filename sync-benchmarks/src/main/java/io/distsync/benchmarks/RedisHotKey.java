package io.distsync.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

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
        warmUp.repeat(() -> {
            run(contender);
            contender.settle();
        });
    }

    @Benchmark
    public void update(Contender contender, Telling telling) {
        run(contender);
    }

    private void run(Contender contender) {
        crew.each(updates, contender::increment);
        contender.count((long) HotKey.THREADS * updates);
    }

    @TearDown
    public void dismiss() {
        crew.close();
    }

    /** Until all of it was told to others, from the beginning of the run; what that takes longer is not in its time. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Telling {

        public double untilToldMillis;

        private long begun;

        @Setup(Level.Iteration)
        public void begin() {
            begun = System.nanoTime();
        }

        @TearDown(Level.Iteration)
        public void end(Contender contender, BenchmarkParams params) {
            contender.settle();
            double millis = (System.nanoTime() - begun) / 1e6;
            untilToldMillis = millis / params.getMeasurement().getCount(); // JMH adds up those of several iterations
        }
    }
}
