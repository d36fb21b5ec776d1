package io.distsync.election;

import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks one after another, in order, on whichever thread brought one while none was running. None may block. */
final class Mailbox {

    /*
     * Threads. Any may post. The alarms are those of the tasks: they are set and cancelled by tasks only, and what rings is
     * posted, so that one that was cancelled does not ring, not even if it is on its way.
     */

    private static final Logger log = LoggerFactory.getLogger(Mailbox.class);

    private final Scheduler scheduler;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final Set<Alarm> alarms = new HashSet<>();

    Mailbox(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    void post(Runnable task) {
        tasks.add(task);
        if (count.getAndIncrement() == 0) {
            do {
                run(Objects.requireNonNull(tasks.poll()));
            } while (count.decrementAndGet() != 0);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) { // or nothing would ever run here again
            LogEvent.ELECTION_FAILED.on(log).setCause(e).log("a step of an election failed");
        }
    }

    /** Posts a task after that time. For tasks. */
    Alarm postLater(Duration delay, Runnable task) {
        Alarm alarm = new Alarm(task, delay);
        alarms.add(alarm);
        return alarm;
    }

    /** Cancels all that was to be posted later. For tasks. */
    void cancelAlarms() {
        Set.copyOf(alarms).forEach(Alarm::cancel);
    }

    /** A task that is posted later. */
    final class Alarm {

        private final Runnable task;
        private final Scheduler.Cancellable timer;

        private Alarm(Runnable task, Duration delay) {
            this.task = task;
            timer = scheduler.schedule(() -> post(this::ring), delay);
        }

        private void ring() {
            if (alarms.remove(this)) {
                task.run();
            }
        }

        /** It is not posted any more. For tasks. */
        void cancel() {
            if (alarms.remove(this)) {
                timer.cancel();
            }
        }
    }
}
