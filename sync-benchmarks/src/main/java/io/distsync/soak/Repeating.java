package io.distsync.soak;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Something that is done again and again, with a pause between, until it is closed. */
final class Repeating implements AutoCloseable {

    /*
     * Threads. One of its own. Closing waits for what is being done: it is never interrupted.
     */

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    Repeating(String name, Duration pause, Alarm alarm, World.Action action) {
        thread = new Thread(
                () -> {
                    try {
                        while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                            action.run();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (RuntimeException | Error e) {
                        alarm.raise(name, e);
                    }
                },
                "soak-" + name);
        thread.start();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
