package io.distsync.election;

import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks one after another, in order, on whichever thread brought one while none was running. None may block. */
final class Mailbox {

    private static final Logger log = LoggerFactory.getLogger(Mailbox.class);

    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();

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
            log.error("a step of an election failed", e);
        }
    }
}
