package io.distsync;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A place in a function or a listener where its thread waits until the test lets it go on. */
final class Gate {

    private static final long PATIENCE_SECONDS = 30;

    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);

    /** Waits until the gate is open; passes at once from then on. */
    void pass() {
        arrived.countDown();
        await(open, "the gate was never opened");
    }

    /** Waits until somebody stands at the gate. */
    void awaitArrival() {
        await(arrived, "nobody came to the gate");
    }

    boolean isReached() {
        return arrived.getCount() == 0;
    }

    void open() {
        open.countDown();
    }

    private static void await(CountDownLatch latch, String complaint) {
        try {
            if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError(complaint);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(complaint, e);
        }
    }
}
