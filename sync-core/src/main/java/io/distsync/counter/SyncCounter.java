package io.distsync.counter;

import io.distsync.CommitOutcome;
import io.distsync.SyncMap;
import io.distsync.backend.Selection;
import java.util.concurrent.CompletableFuture;

/**
 * A number that everybody adds to. The store adds, so nobody ever loses against another; an addition counts
 * once though its answer was lost and it was asked for again. Safe to share between threads.
 *
 * <p>The number lies between ±(2<sup>53</sup> − 1). It stays where it is when a process ends; for what has to be taken back then
 * there is {@link LeasedCounter}. It is the state of a topic of {@link Long}, which can be followed as any other.
 */
public final class SyncCounter {

    private static final String KEY = "";

    private final String name;
    private final SyncMap<Long> map;

    SyncCounter(String name, SyncMap<Long> map) {
        this.name = name;
        this.map = map;
    }

    public String name() {
        return name;
    }

    /**
     * Adds, and returns the sum.
     *
     * @throws io.distsync.error.RejectedException if the sum would be out of range; nothing was added
     * @throws io.distsync.error.NotAppliedException if nothing was added
     * @throws io.distsync.error.OutcomeUnknownException if it is not known whether it was
     */
    public long add(long delta) {
        return written(map.commit(commit -> commit.add(KEY, delta)));
    }

    /** {@link #add} without waiting. */
    public CompletableFuture<Long> addAsync(long delta) {
        return map.commitAsync(commit -> commit.add(KEY, delta)).thenApply(SyncCounter::written);
    }

    /** Adds one, and returns the sum. */
    public long increment() {
        return add(1);
    }

    /** Takes one away, and returns the sum. */
    public long decrement() {
        return add(-1);
    }

    /** The number as the store has it (linearizable); 0 if nobody has added anything. */
    public long get() {
        return map.read(Selection.keys(KEY)).entries().stream()
                .mapToLong(entry -> entry.value())
                .sum();
    }

    private static long written(CommitOutcome<Long> outcome) {
        return ((CommitOutcome.Committed<Long>) outcome)
                .written()
                .get(0)
                .versioned()
                .value();
    }

    void close() {
        map.close();
    }
}
