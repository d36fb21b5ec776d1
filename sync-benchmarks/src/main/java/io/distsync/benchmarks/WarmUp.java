package io.distsync.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Rounds before those that are measured. As much time for each contender: a number of rounds that a slow one can be given
 * is over for a fast one before it is compiled.
 */
@State(Scope.Benchmark)
public class WarmUp {

    @Param("10")
    public int warmUpSeconds;

    void repeat(Runnable round) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(warmUpSeconds);
        while (System.nanoTime() - end < 0) {
            round.run();
        }
    }
}
