package io.distsync;

import io.distsync.log.LogEvent;
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
                    Thread thread = new Worker(this, task, threadPrefix + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        pool.setRejectedExecutionHandler((task, closed) -> drop(task));
    }

    /** Runs the task soon; dropped after {@link #close}. */
    @Override
    public void execute(Runnable task) {
        begin(() -> run(task));
    }

    /**
     * Runs the task soon; if that is too late because of {@link #close}, at once on the thread that finds out. For the
     * ends of futures: somebody waits for them.
     */
    void complete(Runnable task) {
        begin(new Completion(this, task));
    }

    private void begin(Runnable task) {
        pool.execute(task);
        if (!pool.getQueue().isEmpty()) {
            watch();
        }
    }

    private void run(Runnable task) {
        begun.increment();
        guard(task);
    }

    /** Runs it here and now; whatever goes wrong in it is logged. */
    static void guard(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            LogEvent.DISPATCHER_FAILED.on(log).setCause(e).log("a task of the dispatcher failed");
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

    /** Drops a task that came too late, unless somebody waits for it. */
    private boolean drop(Runnable task) {
        if (task instanceof Completion) {
            task.run();
            return false;
        }
        return true;
    }

    /** A thread that knows whose it is. */
    private static final class Worker extends Thread {

        private final Dispatcher owner;

        Worker(Dispatcher owner, Runnable work, String name) {
            super(work, name);
            this.owner = owner;
        }
    }

    private record Completion(Dispatcher dispatcher, Runnable task) implements Runnable {

        @Override
        public void run() {
            dispatcher.run(task);
        }
    }

    /**
     * Takes no more tasks, waits for the running ones, and interrupts those that outlast the wait. Called from inside a
     * task, it does not wait: the caller itself is what it would wait for.
     */
    void close(Duration grace) {
        pool.shutdown();
        if (Thread.currentThread() instanceof Worker worker && worker.owner == this) {
            return;
        }
        try {
            if (!pool.awaitTermination(grace.toNanos(), TimeUnit.NANOSECONDS)) {
                long dropped = pool.shutdownNow().stream().filter(this::drop).count();
                LogEvent.LISTENERS_INTERRUPTED
                        .on(log)
                        .log(
                                "listeners were still running at the end of the shutdown grace; interrupted, {} calls dropped",
                                dropped);
            }
        } catch (InterruptedException e) {
            pool.shutdownNow().forEach(this::drop);
            Thread.currentThread().interrupt();
        }
    }
}
