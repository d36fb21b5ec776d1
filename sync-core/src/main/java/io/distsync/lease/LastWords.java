package io.distsync.lease;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is still told to the store when something is closed. Worth a moment; what does not get there is left to its lease. */
public final class LastWords {

    private static final Logger log = LoggerFactory.getLogger(LastWords.class);
    private static final Duration MOMENT = Duration.ofSeconds(5);

    private LastWords() {}

    /** How a thread waits. */
    public interface Waiting {

        /** Waits for so long at most; whether it is done then. */
        boolean await(CompletableFuture<?> told, long nanos) throws InterruptedException;
    }

    /** Waits for five seconds at most, and never throws; an interrupt comes later. Whether it was told, and did not fail. */
    public static boolean await(CompletableFuture<?> told) {
        return await(told, LastWords::isDone);
    }

    /** The same for a thread that waits in a way of its own. */
    public static boolean await(CompletableFuture<?> told, Waiting waiting) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return waiting.await(told, MOMENT.toNanos()) && !told.isCompletedExceptionally();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static boolean isDone(CompletableFuture<?> told, long nanos) throws InterruptedException {
        try {
            Object unused = told.get(nanos, TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.debug("the store was not told, or did not say so", e);
        }
        return told.isDone();
    }
}
