package io.distsync.benchmarks;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.AuxCounters;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * One client updates a state 200 times a second, another client in the same process listens: the time from before the call
 * of the update until the listener is called. One iteration only: JMH adds up the counters of several.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g"})
@Warmup(iterations = 1)
@Measurement(iterations = 1)
public class RedisPropagation {

    private static final long PACE_NANOS = TimeUnit.SECONDS.toNanos(1) / 200;

    @Param("2000")
    public int updates;

    private long sent;
    private volatile Round round = new Round(0, 0);

    @Setup
    public void start(Contender contender, WarmUp warmUp) {
        contender.open().listen(counter -> round.told(counter));
        warmUp.repeat(() -> run(contender, updates, 0)); // without a pause: at the pace nothing gets compiled
    }

    @Benchmark
    public void update(Contender contender, Latency latency) {
        latency.of(run(contender, updates, PACE_NANOS));
    }

    private Round run(Contender contender, int count, long paceNanos) {
        Round running = new Round(sent, count);
        round = running;
        long due = System.nanoTime();
        for (int i = 0; i < count; i++) {
            sleepUntil(due);
            running.sending(i);
            contender.increment();
            due += paceNanos;
        }
        running.await();
        sent += count;
        contender.count(count);
        return running;
    }

    private static void sleepUntil(long due) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Updates that follow each other, and when the listener was told of each. */
    private static final class Round {

        private final long before;
        private final AtomicLongArray nanos;
        private final CountDownLatch untold;
        private volatile boolean disorder;

        Round(long before, int count) {
            this.before = before;
            this.nanos = new AtomicLongArray(count);
            this.untold = new CountDownLatch(count);
        }

        void sending(int index) {
            nanos.set(index, System.nanoTime());
        }

        void told(long counter) {
            long now = System.nanoTime();
            long index = nanos.length() - untold.getCount();
            if (counter == before + index + 1) {
                nanos.set((int) index, now - nanos.get((int) index));
                untold.countDown();
            } else {
                disorder = true;
            }
        }

        void await() {
            try {
                Checks.require("all states are told", untold.await(30, TimeUnit.SECONDS));
                Checks.require("each state is told once and in order", !disorder);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        double micros(double quantile) {
            long[] sorted = new long[nanos.length()];
            Arrays.setAll(sorted, nanos::get);
            Arrays.sort(sorted);
            return sorted[(int) (quantile * (sorted.length - 1))] / 1e3;
        }
    }

    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Latency {

        public double p50Micros;
        public double p99Micros;

        private void of(Round round) {
            p50Micros = round.micros(0.5);
            p99Micros = round.micros(0.99);
        }
    }
}
