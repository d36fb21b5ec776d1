package io.distsync.time;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Runs short tasks later. A task must not block: it runs on the scheduler's only thread, and what takes longer is
 * handed to an executor. After {@link #close()} nothing more runs and {@link #schedule} does nothing.
 */
public interface Scheduler extends AutoCloseable {

    /** Runs the task once after the delay, unless cancelled before. */
    Cancellable schedule(Runnable task, Duration delay);

    @Override
    void close();

    /** A task that is due later. */
    interface Cancellable {

        /** Prevents the task from running if it has not begun; harmless otherwise. */
        void cancel();
    }

    /**
     * A scheduler with one daemon thread of the given name; the thread is started by the first task, and ended by
     * {@link #close()}.
     */
    static Scheduler threaded(String threadName) {
        return new ThreadedScheduler(threadName);
    }

    /** The given scheduler if there is one, which {@link #close()} leaves to whoever gave it; else a {@link #threaded} one. */
    static Scheduler givenOrThreaded(@Nullable Scheduler given, String threadName) {
        return given == null ? threaded(threadName) : new BorrowedScheduler(given);
    }
}
