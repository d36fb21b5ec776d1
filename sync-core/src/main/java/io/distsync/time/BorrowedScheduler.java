package io.distsync.time;

import java.time.Duration;

/** A scheduler that somebody else closes. */
record BorrowedScheduler(Scheduler lender) implements Scheduler {

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
        return lender.schedule(task, delay);
    }

    @Override
    public void close() {
        // It stays the lender's.
    }
}
