package io.distsync.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** Threads that update one state without a pause: how often in a second. */
final class UpdateRate {

    private final SharedState state;
    private final Crew crew;
    private final LongAdder updates = new LongAdder();
    private volatile boolean over;

    private UpdateRate(SharedState state, Crew crew) {
        this.state = state;
        this.crew = crew;
    }

    /** Updates a second, until the last of them can be told to others. A wrong outcome ends the run. */
    static double measure(SharedState state, int threads, Span span) {
        try (Crew crew = new Crew(threads)) {
            UpdateRate rate = new UpdateRate(state, crew);
            rate.run(span.warmUpMillis());
            double perSecond = rate.run(span.millis());
            state.check(rate.updates.sum());
            return perSecond;
        }
    }

    private double run(long millis) {
        over = false;
        Thread clock = new Thread(() -> endAfter(millis), "clock");
        long before = updates.sum();
        long begin = System.nanoTime();
        clock.start();
        crew.each(1, this::work);
        state.settle(updates.sum());
        return (updates.sum() - before) / ((System.nanoTime() - begin) / 1e9);
    }

    private void work() {
        long done = 0;
        do {
            state.increment();
            done++;
        } while (!over);
        updates.add(done);
    }

    private void endAfter(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        over = true;
    }
}
