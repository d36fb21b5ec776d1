package io.distsync;

import io.distsync.backend.Subscription;
import io.distsync.log.LogEvent;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work that is done in steps, one at a time, on the dispatcher, whenever somebody says there is some. */
abstract class SerialTask implements Runnable, Subscription {

    /*
     * Threads. `scheduled` is set by whoever finds work and cleared by the running thread when a step finds none; after
     * clearing it the running thread looks once more, so no work is left behind. At most one thread runs the task at a
     * time, because only the one that sets `scheduled` hands it to the dispatcher. `running` is held around the steps, so
     * that close() can wait for the callback in progress; being reentrant, it lets a callback close its own task.
     */

    private static final Logger log = LoggerFactory.getLogger(SerialTask.class);
    private static final VarHandle SCHEDULED;

    static {
        try {
            SCHEDULED = MethodHandles.lookup().findVarHandle(SerialTask.class, "scheduled", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Steps after which the task goes to the end of the dispatcher's queue, so that others get their turn. */
    private static final int TURN = 256;

    private final Dispatcher dispatcher;
    private final Duration closeTimeout;
    private final ReentrantLock running = new ReentrantLock();

    @SuppressWarnings("UnusedVariable") // by VarHandle
    private boolean scheduled;

    private volatile boolean closed;

    SerialTask(Dispatcher dispatcher, Duration closeTimeout) {
        this.dispatcher = dispatcher;
        this.closeTimeout = closeTimeout;
    }

    /** Does one piece of work; false if there is none. Must not throw. */
    abstract boolean step();

    /** Whether {@link #step} would find work. */
    abstract boolean hasWork();

    final boolean isClosed() {
        return closed;
    }

    /** Says that there may be work. Cheap if the task already knows. */
    final void wake() {
        if (!(boolean) SCHEDULED.getVolatile(this) && SCHEDULED.compareAndSet(this, false, true)) {
            dispatcher.execute(this);
        }
    }

    @Override
    public final void run() {
        running.lock();
        try {
            for (int i = 0; i < TURN; i++) {
                if (closed || !step()) {
                    SCHEDULED.setVolatile(this, false);
                    if (closed || !hasWork() || !SCHEDULED.compareAndSet(this, false, true)) {
                        return;
                    }
                }
            }
        } finally {
            running.unlock();
        }
        dispatcher.execute(this);
    }

    @Override
    public void close() {
        closed = true;
        try {
            if (running.tryLock(closeTimeout.toNanos(), TimeUnit.NANOSECONDS)) {
                running.unlock();
            } else {
                LogEvent.LISTENER_OUTLASTED_CLOSE
                        .on(log)
                        .log("a callback was still running {} after its subscription was closed", closeTimeout);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
