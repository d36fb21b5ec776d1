package io.distsync.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Threads of a case. They begin together, and what one of them throws fails the case. */
final class Workers implements AutoCloseable {

    /** What a worker does, told its number. */
    @FunctionalInterface
    interface Task {
        void run(int worker) throws Exception;
    }

    private final AtomicBoolean stopped = new AtomicBoolean();
    private final List<FutureTask<Void>> tasks = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    /** Starts so many workers on one task. */
    static Workers start(int count, Task task) {
        Workers workers = new Workers();
        CyclicBarrier together = new CyclicBarrier(count);
        for (int i = 0; i < count; i++) {
            int worker = i;
            FutureTask<Void> future = new FutureTask<>(() -> {
                together.await(StoreUnderTest.BOUND.toMillis(), TimeUnit.MILLISECONDS);
                task.run(worker);
                return null;
            });
            workers.tasks.add(future);
            workers.threads.add(new Thread(future, "case-worker-" + i));
        }
        workers.threads.forEach(Thread::start);
        return workers;
    }

    /** Starts one worker that repeats the step, with a growing number, until the workers are stopped. */
    static Workers repeat(Task step) {
        Workers workers = new Workers();
        FutureTask<Void> future = new FutureTask<>(() -> {
            for (int i = 0; !workers.stopped.get(); i++) {
                step.run(i);
            }
            return null;
        });
        workers.tasks.add(future);
        Thread thread = new Thread(future, "case-worker");
        workers.threads.add(thread);
        thread.start();
        return workers;
    }

    /** Waits until all are done. */
    void join() {
        for (FutureTask<Void> task : tasks) {
            try {
                task.get(2 * StoreUnderTest.BOUND.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            } catch (ExecutionException e) {
                throw new AssertionError("a worker failed", e.getCause());
            } catch (TimeoutException e) {
                throw new AssertionError("a worker does not end", e);
            }
        }
    }

    /** Ends the repetition and waits for it. */
    void stop() {
        stopped.set(true);
        join();
    }

    /** Stops what still runs after a case that failed. */
    @Override
    public void close() {
        stopped.set(true);
        threads.forEach(Thread::interrupt);
    }
}
