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

/** 25 threads here and 25 in another process update one state: the time until the last of them is done. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms1g", "-Xmx1g"})
@Warmup(iterations = 1)
@Measurement(iterations = 5)
@SuppressWarnings("NullAway.Init") // JMH calls start
public class RedisTwoProcesses {

    private static final int THREADS = 25;

    @Param("500")
    public int updates;

    private final Crew crew = new Crew(THREADS);
    private Peer peer;

    @Setup
    public void start(Contender contender, WarmUp warmUp) {
        peer = Peer.start(contender.way, contender.uri(), THREADS, updates);
        warmUp.repeat(() -> update(contender));
    }

    @Benchmark
    public void update(Contender contender) {
        peer.begin();
        crew.each(updates, contender::increment);
        peer.awaitDone();
        contender.count(2L * THREADS * updates);
    }

    @TearDown
    public void dismiss() {
        crew.close();
        peer.close();
    }
}
