package io.distsync.benchmarks;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that do the same work at the same time. */
final class Crew implements AutoCloseable {

    private final int threads;
    private final ExecutorService pool;

    Crew(int threads) {
        this.threads = threads;
        this.pool = Executors.newFixedThreadPool(threads);
    }

    /** Returns when each of the threads has done the work that many times. */
    void each(int times, Runnable work) {
        Callable<Void> shift = () -> {
            for (int i = 0; i < times; i++) {
                work.run();
            }
            return null;
        };
        try {
            List<Callable<Void>> shifts = Collections.nCopies(threads, shift);
            for (Future<Void> done : pool.invokeAll(shifts)) {
                done.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
