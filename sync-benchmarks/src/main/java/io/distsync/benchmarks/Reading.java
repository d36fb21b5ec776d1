package io.distsync.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Reading a state that nobody changes, by one thread: how long it takes. */
final class Reading {

    private static final int UPDATES = 3;

    /** Of a number of reads, for the clock not to show in them. */
    private static final long LONG_ENOUGH_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private Reading() {}

    /** Nanoseconds for each read. Whatever is not the state ends the run. */
    static double measure(SharedState writer, LongSupplier read, Span span) {
        for (int i = 0; i < UPDATES; i++) {
            writer.increment();
        }
        writer.check(UPDATES);
        Checks.eventually("the state comes here", () -> read.getAsLong() == UPDATES);
        run(read, span.warmUpMillis());
        return run(read, span.millis());
    }

    private static double run(LongSupplier read, long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        long reads = 0;
        long nanos = 0;
        int times = 1;
        do {
            long begin = System.nanoTime();
            long sum = 0;
            for (int i = 0; i < times; i++) {
                sum += read.getAsLong();
            }
            long took = System.nanoTime() - begin;
            Checks.same("sum of all counters read", sum, (long) UPDATES * times);
            nanos += took;
            reads += times;
            if (took < LONG_ENOUGH_NANOS) {
                times *= 2;
            }
        } while (System.nanoTime() - end < 0);
        return (double) nanos / reads;
    }
}
