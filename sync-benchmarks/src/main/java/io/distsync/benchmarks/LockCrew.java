package io.distsync.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Threads that take a lock, note it, and give it back, for some time; each always the same of several locks. */
final class LockCrew implements AutoCloseable {

    private static final String PREFIX = "lock-";

    private final NamedLocks locks;
    private final Ledger ledger;
    private final int threads;
    private final int names;
    private final ExecutorService pool;

    LockCrew(NamedLocks locks, Ledger ledger, int threads, int names) {
        this.locks = locks;
        this.ledger = ledger;
        this.threads = threads;
        this.names = names;
        this.pool = Executors.newFixedThreadPool(threads);
    }

    /** What a lock is called. */
    static String name(int lock) {
        return PREFIX + lock;
    }

    /** Returns when each thread has given back the lock that it held or waited for when the time was over. */
    Holds run(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        List<Future<long[]>> shifts = IntStream.range(0, threads)
                .mapToObj(thread -> pool.submit(() -> hold(thread % names, end)))
                .toList();
        try {
            List<long[]> waits = new ArrayList<>();
            for (Future<long[]> shift : shifts) {
                waits.add(shift.get());
            }
            return new Holds(System.nanoTime(), waits);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private long[] hold(int lock, long end) {
        long[] waits = new long[1_024];
        int count = 0;
        do {
            long asked = System.nanoTime();
            NamedLocks.Hold hold = locks.take(name(lock));
            long held = System.nanoTime();
            ledger.increment(lock);
            hold.release();
            if (count == waits.length) {
                waits = Arrays.copyOf(waits, 2 * count);
            }
            waits[count] = held - asked;
            count++;
        } while (System.nanoTime() - end < 0);
        return Arrays.copyOf(waits, count);
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
