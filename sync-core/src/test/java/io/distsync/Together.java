package io.distsync;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs something on threads of the test's own. */
public final class Together {

    private static final long PATIENCE_SECONDS = 50;

    private Together() {}

    /** What one of the threads does. */
    public interface Work {
        void run(int thread) throws Exception;
    }

    /** Runs the work on so many threads that start together, and waits for all of them. */
    public static void run(int threads, Work work) {
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Running<Void>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            int thread = i;
            running.add(start("together-" + i, () -> {
                start.await();
                work.run(thread);
                return null;
            }));
        }
        running.forEach(Running::result);
    }

    /** Starts a thread that computes something. */
    static <T> Running<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return new Running<>(thread, task);
    }

    /** A thread that was started. */
    record Running<T>(Thread thread, FutureTask<T> task) {

        /** Waits for the end; what the thread threw is thrown here. */
        T result() {
            try {
                return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw new AssertionError("thread " + thread.getName() + " failed: " + e.getCause(), e.getCause());
            } catch (TimeoutException e) {
                AssertionError stuck = new AssertionError("thread " + thread.getName() + " is stuck");
                stuck.setStackTrace(thread.getStackTrace());
                throw stuck;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        /** Waits for the end and returns what the thread threw. */
        Throwable failure() {
            try {
                T value = task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                throw new AssertionError("expected a failure, but the result is " + value);
            } catch (ExecutionException e) {
                return Objects.requireNonNull(e.getCause());
            } catch (TimeoutException e) {
                AssertionError stuck = new AssertionError("thread " + thread.getName() + " is stuck");
                stuck.setStackTrace(thread.getStackTrace());
                throw stuck;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }

        void interrupt() {
            thread.interrupt();
        }
    }
}
