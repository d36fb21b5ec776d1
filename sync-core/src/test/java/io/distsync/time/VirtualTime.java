package io.distsync.time;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A clock and a scheduler that are moved by hand. Time stands still until {@link #advance} is called; due tasks then
 * run on the calling thread, in the order of their due times, each seeing the time it was due at. Safe to share:
 * tasks may be scheduled and cancelled from any thread, but only one thread at a time should move the clock. What a
 * task throws leaves {@link #advance}.
 */
public final class VirtualTime implements TimeSource, Scheduler {

    private static final long START_MILLIS = 1_700_000_000_000L;

    // Guarded by this. Tasks run outside the monitor, so that they may schedule others or hand over to other threads.
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong((Task t) -> t.dueNanos).thenComparingLong(t -> t.order));
    private long nowNanos;
    private long scheduled;
    private boolean closed;

    @Override
    public synchronized long nanos() {
        return nowNanos;
    }

    @Override
    public synchronized long epochMillis() {
        return START_MILLIS + nowNanos / 1_000_000;
    }

    /** Moves the clock forward and runs what becomes due meanwhile, tasks scheduled by those tasks included. */
    public void advance(Duration step) {
        if (step.isNegative()) {
            throw new IllegalArgumentException("time does not run backwards: " + step);
        }
        long target = nanos() + step.toNanos();
        for (Task task = pollDue(target); task != null; task = pollDue(target)) {
            task.work.run();
        }
        synchronized (this) {
            nowNanos = Math.max(nowNanos, target);
        }
    }

    /**
     * Moves the clock to the due time of the earliest task and runs what is due then.
     *
     * @return false if nothing is scheduled; the clock then stands still
     */
    public boolean advanceToNextTask() {
        Duration step;
        synchronized (this) {
            Task next = tasks.peek();
            if (next == null) {
                return false;
            }
            step = Duration.ofNanos(Math.max(0, next.dueNanos - nowNanos));
        }
        advance(step);
        return true;
    }

    /** How many tasks are scheduled and neither run nor cancelled. */
    public synchronized int pendingTasks() {
        return tasks.size();
    }

    @Override
    public synchronized Cancellable schedule(Runnable work, Duration delay) {
        Task task = new Task(work, nowNanos + Math.max(0, delay.toNanos()), scheduled++);
        if (!closed) {
            tasks.add(task);
        }
        return () -> cancel(task);
    }

    /** Drops every task; nothing runs any more. The clock can still be moved. */
    @Override
    public synchronized void close() {
        closed = true;
        tasks.clear();
    }

    private synchronized void cancel(Task task) {
        tasks.remove(task);
    }

    private synchronized @Nullable Task pollDue(long target) {
        Task next = tasks.peek();
        if (next == null || next.dueNanos > target) {
            return null;
        }
        nowNanos = Math.max(nowNanos, next.dueNanos);
        return tasks.poll();
    }

    private static final class Task {

        private final Runnable work;
        private final long dueNanos;
        private final long order;

        private Task(Runnable work, long dueNanos, long order) {
            this.work = work;
            this.dueNanos = dueNanos;
            this.order = order;
        }
    }
}
