package io.distsync.time;

import io.distsync.log.LogEvent;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One thread, owned by this object: {@link ScheduledThreadPoolExecutor} starts it with the first task. */
final class ThreadedScheduler implements Scheduler {

    private static final Logger log = LoggerFactory.getLogger(ThreadedScheduler.class);

    private final ScheduledThreadPoolExecutor executor;

    ThreadedScheduler(String threadName) {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRejectedExecutionHandler((task, closed) -> log.trace("scheduler closed, task dropped"));
    }

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
        Future<?> future = executor.schedule(() -> guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            LogEvent.TIMER_FAILED.on(log).setCause(e).log("timer task failed");
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
