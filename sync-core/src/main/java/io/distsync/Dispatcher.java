package io.distsync;

import io.distsync.time.Scheduler;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs callbacks of users: few threads while they are quick, more when they block. */
final class Dispatcher implements Executor {

    /*
     * A callback may block for as long as it likes without delaying others. A thread for each listener would be too
     * many, a fixed pool too few; so the pool has as many threads as processors, and a watchdog on the service's timer
     * looks at it every WATCH while tasks are waiting. If none of them was begun since the last look, every thread is
     * stuck in a callback, and the pool may grow by half. Threads that idle for KEEP_ALIVE end, the last ones too.
     */

    private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
    private static final Duration WATCH = Duration.ofMillis(10);
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(5);
    private static final int MAX_THREADS = 4_096;

    private final int base = Math.max(2, Runtime.getRuntime().availableProcessors());
    private final ThreadPoolExecutor pool;
    private final Scheduler timer;
    private final LongAdder begun = new LongAdder();
    private final AtomicBoolean watching = new AtomicBoolean();
    private long begunAtLastLook; // only the timer's thread

    Dispatcher(String threadPrefix, Scheduler timer) {
        this.timer = timer;
        AtomicInteger number = new AtomicInteger();
        pool = new ThreadPoolExecutor(
                base, MAX_THREADS, KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, threadPrefix + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        pool.setRejectedExecutionHandler((task, closed) -> log.trace("dispatcher closed, task dropped"));
    }

    /** Runs the task soon; dropped after {@link #close}. */
    @Override
    public void execute(Runnable task) {
        pool.execute(() -> run(task));
        if (!pool.getQueue().isEmpty()) {
            watch();
        }
    }

    private void run(Runnable task) {
        begun.increment();
        try {
            task.run();
        } catch (Throwable e) {
            log.error("a task of the dispatcher failed", e);
        }
    }

    private void watch() {
        if (watching.compareAndSet(false, true)) {
            timer.schedule(this::look, WATCH);
        }
    }

    private void look() {
        long now = begun.sum();
        boolean stuck = now == begunAtLastLook && !pool.getQueue().isEmpty();
        begunAtLastLook = now;
        int size = pool.getCorePoolSize();
        if (stuck && size < MAX_THREADS) {
            pool.setCorePoolSize(Math.min(MAX_THREADS, size + Math.max(1, size / 2)));
        } else if (pool.getQueue().isEmpty() && size > base) {
            pool.setCorePoolSize(base);
        }
        watching.set(false);
        if (!pool.getQueue().isEmpty() || pool.getCorePoolSize() > base) {
            watch();
        }
    }

    /** Takes no more tasks, waits for the running ones, and interrupts those that outlast the wait. */
    void close(Duration grace) {
        pool.shutdown();
        try {
            if (!pool.awaitTermination(grace.toNanos(), TimeUnit.NANOSECONDS)) {
                int dropped = pool.shutdownNow().size();
                log.warn(
                        "listeners were still running at the end of the shutdown grace; interrupted, {} calls dropped",
                        dropped);
            }
        } catch (InterruptedException e) {
            pool.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
