package io.distsync.benchmarks;

import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Adds up what the threads of a run say they did; compared with what is stored when the run is over. */
@State(Scope.Benchmark)
public class Tally {

    private final List<Caller> callers = new ArrayList<>();

    private synchronized void enlist(Caller caller) {
        callers.add(caller);
    }

    /** All updates so far; asked after the threads of the run have stopped. */
    synchronized long updates() {
        return callers.stream().mapToLong(caller -> caller.updates).sum();
    }

    /** Ends the run with an error if the stored counter is not the number of updates. */
    void check(long counter) {
        if (counter != updates()) {
            throw new IllegalStateException("counter is " + counter + " after " + updates() + " updates");
        }
    }

    /** One thread's count. */
    @State(Scope.Thread)
    public static class Caller {

        long updates;

        @Setup
        public void enlist(Tally tally) {
            tally.enlist(this);
        }
    }
}
