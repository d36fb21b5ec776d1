package io.distsync.soak;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What is known outside of the store of something that is counted there, one by one. */
final class Sum {

    /*
     * Threads. Counted by all workers; each sum is concurrent. The order in which they are read makes a check hold while
     * others go on: what was acknowledged before the store is read is the least, what was begun when it has been read,
     * less what was refused for certain by then, the most.
     */

    private final String name;
    private final LongAdder begun = new LongAdder();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder refused = new LongAdder();

    Sum(String name) {
        this.name = name;
    }

    void begin() {
        begun.increment();
    }

    void acknowledge() {
        acknowledged.increment();
    }

    void refuse() {
        refused.increment();
    }

    /** What is wrong with what the store says, or {@code null}. */
    @Nullable
    String check(LongSupplier store) {
        long least = acknowledged.sum();
        long stored = store.getAsLong();
        long gone = refused.sum();
        long most = begun.sum() - gone;
        return stored >= least && stored <= most
                ? null
                : name + " is " + stored + " in the store, but must be from " + least + " (acknowledged) to " + most
                        + " (not refused)";
    }
}
