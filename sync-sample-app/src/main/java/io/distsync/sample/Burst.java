package io.distsync.sample;

import io.distsync.Versioned;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.HttpStatus;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

/** Many increments at once: each an update of its own, made by threads that start together. */
@Component
final class Burst implements DisposableBean {

    static final int MAX_INCREMENTS = 1_000;
    private static final int THREADS = 50;

    private final StateUpdater updater;
    private final NodeView view;
    private final ExecutorService threads = threads();
    private final Semaphore oneAtATime = new Semaphore(1);

    Burst(StateUpdater updater, NodeView view) {
        this.updater = updater;
        this.view = view;
    }

    /**
     * Makes the increments and waits for all of them.
     *
     * @throws BusyException if another burst is under way
     * @throws BurstFailedException if not all of them were applied
     */
    Result run(int increments) {
        if (!oneAtATime.tryAcquire()) {
            throw new BusyException(HttpStatus.TOO_MANY_REQUESTS, "Another burst is under way on this node.");
        }
        try {
            return new Run(increments).go();
        } finally {
            oneAtATime.release();
        }
    }

    @Override
    public void destroy() {
        threads.shutdownNow();
    }

    private static ExecutorService threads() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new CustomizableThreadFactory("sample-burst-"));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /**
     * What came of it.
     *
     * @param micros from the common start until the last increment was acknowledged, in microseconds
     * @param medianMicros of one increment, from its call until it was acknowledged
     * @param slowestMicros likewise
     * @param revisions of the increments, ascending; others may have been written in between
     */
    record Result(
            int increments,
            int threads,
            double micros,
            double medianMicros,
            double slowestMicros,
            List<Long> revisions,
            StateView state) {}

    private static double micros(long nanos) {
        return Math.round(nanos / 100.0) / 10.0;
    }

    private final class Run {

        private final int increments;
        private final int workers;
        private final CountDownLatch start = new CountDownLatch(1);
        private final AtomicInteger next = new AtomicInteger();
        private final long[] nanos;
        private final long[] revisions;

        Run(int increments) {
            this.increments = increments;
            this.workers = Math.min(increments, THREADS);
            this.nanos = new long[increments];
            this.revisions = new long[increments];
        }

        Result go() {
            List<Future<?>> running = new ArrayList<>(workers);
            for (int i = 0; i < workers; i++) {
                running.add(threads.submit(this::work));
            }
            long begin = System.nanoTime();
            start.countDown();
            awaitAll(running);
            long elapsed = System.nanoTime() - begin;
            Arrays.sort(nanos);
            Arrays.sort(revisions);
            return new Result(
                    increments,
                    workers,
                    micros(elapsed),
                    micros(nanos[increments / 2]),
                    micros(nanos[increments - 1]),
                    Arrays.stream(revisions).boxed().toList(),
                    view.latest());
        }

        private @Nullable Void work() throws InterruptedException {
            start.await();
            for (int i = next.getAndIncrement(); i < increments; i = next.getAndIncrement()) {
                long begin = System.nanoTime();
                Versioned<AppState> written = updater.increment(1);
                nanos[i] = System.nanoTime() - begin;
                revisions[i] = written.version().revision();
            }
            return null;
        }

        private void awaitAll(List<Future<?>> running) {
            RuntimeException failure = null;
            for (Future<?> worker : running) {
                try {
                    worker.get();
                } catch (ExecutionException e) {
                    failure = e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted while waiting for a burst", e);
                }
            }
            if (failure != null) {
                int applied = (int) Arrays.stream(revisions)
                        .filter(revision -> revision > 0)
                        .count();
                throw new BurstFailedException(applied, increments, failure);
            }
        }
    }
}
