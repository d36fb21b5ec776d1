package io.distsync.lease;

import io.distsync.log.LogEvent;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what may be code of users on threads made for it, so that it delays nothing else: a callback that blocks has a thread
 * of its own. There is no thread while there is nothing to run.
 */
public final class Callbacks implements AutoCloseable {

    /*
     * Threads. The executor's, daemons of the given name, which end when they had nothing to do for a minute.
     */

    private static final Logger log = LoggerFactory.getLogger(Callbacks.class);

    private final ExecutorService threads;

    public Callbacks(String threadName) {
        this(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, threadName);
            thread.setDaemon(true);
            return thread;
        }));
    }

    /** @param threads closed with this; has one for each task, or tasks would wait for each other */
    public Callbacks(ExecutorService threads) {
        this.threads = threads;
    }

    /** Runs it soon; what it throws is logged. After {@link #close()} the caller's thread runs it. */
    public void run(Runnable task) {
        Runnable guarded = () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LogEvent.CALLBACK_FAILED.on(log).setCause(e).log("a callback failed");
            }
        };
        try {
            threads.execute(guarded);
        } catch (RejectedExecutionException e) {
            log.trace("there are no threads for callbacks any more", e);
            guarded.run();
        }
    }

    /** Ends the threads when what they run has ended. Does not wait for it. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
