package io.distsync.queue;

import io.distsync.time.TimeSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A caller that waits for an answer of the store. It has nothing better to do than to see to that answer itself, which spares
 * the way over another thread.
 */
final class Attendant implements Executor {

    /*
     * Threads. The one that makes it is the one that waits; tasks come from any. The monitor guards them, and is never held
     * while one of them runs.
     */

    private static final TimeSource TIME =
            TimeSource.system(); // a thread waits by the real clock, whatever leases are counted by

    private final Executor others;
    private final Thread thread = Thread.currentThread();
    private final Deque<Runnable> tasks = new ArrayDeque<>(4);
    private boolean left;

    /** @param others run what comes when the caller does not wait any more */
    Attendant(Executor others) {
        this.others = others;
    }

    @Override
    public void execute(Runnable task) {
        if (!accepts(task)) {
            others.execute(task);
        } else if (Thread.currentThread() != thread) {
            LockSupport.unpark(thread);
        }
    }

    private synchronized boolean accepts(Runnable task) {
        return !left && tasks.add(task);
    }

    private synchronized @Nullable Runnable next() {
        return tasks.poll();
    }

    /** Waits until the future is done, and runs meanwhile what it is given. */
    void await(CompletableFuture<?> future) throws InterruptedException {
        boolean unused = await(future, Long.MAX_VALUE);
    }

    /** The same for a limited time; whether it is done then. */
    boolean await(CompletableFuture<?> future, long nanos) throws InterruptedException {
        if (!future.isDone()) {
            var unused = future.whenComplete((result, failure) -> LockSupport.unpark(thread));
        }
        long begin = TIME.nanos();
        while (!future.isDone()) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long rest = nanos - (TIME.nanos() - begin);
            Runnable task = next();
            if (task != null) {
                task.run();
            } else if (rest > 0) {
                LockSupport.parkNanos(this, rest);
            } else {
                return false;
            }
        }
        return true;
    }

    /** Does not wait any more; others run what is left. */
    void leave() {
        synchronized (this) {
            left = true;
        }
        tasks.forEach(others::execute); // nobody changes them any more
    }
}
