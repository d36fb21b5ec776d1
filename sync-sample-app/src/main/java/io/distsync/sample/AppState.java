package io.distsync.sample;

import io.distsync.SyncTopic;
import java.util.Objects;

/**
 * The state all nodes share. It is what the topic holds and nothing else: which node shows it, and how current that
 * node is, is said around it ({@link StateView}).
 */
@SyncTopic("app_state")
record AppState(long counter, String note) {

    AppState() {
        this(0, "");
    }

    AppState {
        Objects.requireNonNull(note, "note");
    }

    /**
     * This state with a larger counter; pure, because an update may run more than once.
     *
     * @throws CounterOverflowException if the sum is no long
     */
    AppState plus(long by) {
        try {
            return new AppState(Math.addExact(counter, by), note);
        } catch (ArithmeticException e) {
            throw new CounterOverflowException(counter, by, e);
        }
    }
}
