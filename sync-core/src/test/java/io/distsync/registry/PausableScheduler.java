package io.distsync.registry;

import io.distsync.time.Scheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A scheduler that can stand still, as that of a process that is stopped; what was due meanwhile runs when it goes on. */
final class PausableScheduler implements Scheduler {

    private final Scheduler scheduler = Scheduler.threaded("distsync-test-scheduler");
    private final List<Runnable> held = new ArrayList<>();
    private boolean paused;

    @Override
    public Cancellable schedule(Runnable task, Duration delay) {
        boolean[] cancelled = {false};
        Cancellable scheduled = scheduler.schedule(
                () -> runOrHold(() -> {
                    synchronized (cancelled) {
                        if (cancelled[0]) {
                            return;
                        }
                    }
                    task.run();
                }),
                delay);
        return () -> {
            synchronized (cancelled) {
                cancelled[0] = true;
            }
            scheduled.cancel();
        };
    }

    private void runOrHold(Runnable task) {
        synchronized (this) {
            if (paused) {
                held.add(task);
                return;
            }
        }
        task.run();
    }

    synchronized void pause() {
        paused = true;
    }

    synchronized void resume() {
        paused = false;
        held.forEach(task -> scheduler.schedule(task, Duration.ZERO));
        held.clear();
    }

    @Override
    public void close() {
        scheduler.close();
    }
}
