package io.distsync.benchmarks;

import java.util.function.LongConsumer;
import tools.jackson.databind.json.JsonMapper;

/** One client's view of an {@link AppState} that all clients share. Absent at first, which counts as zero. */
interface SharedState extends AutoCloseable {

    JsonMapper JSON = JsonMapper.builder().build();

    /** Stores the next state; on return every other client can read it. */
    void increment();

    /**
     * Returns when that many updates by all clients have come to wherever they are told from; nothing has to be waited for
     * if they had when {@link #increment} returned.
     */
    default void settle(long updates) {}

    /** Ends the run with an error if what is stored is not the outcome of that many increments by all clients. */
    void check(long updates);

    /** From now on tells the counter of each new state, whoever stored it. */
    default void listen(LongConsumer listener) {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " tells nobody");
    }

    @Override
    void close();

    // --- what is stored, for those who encode it themselves ----------------------------------------------------------

    /** The state after this one. */
    static String next(String json) {
        return JSON.writeValueAsString(decode(json).incremented());
    }

    /** The counter in a state; an empty text is the initial state. */
    static long counter(String json) {
        return decode(json).counter();
    }

    private static AppState decode(String json) {
        return json.isEmpty() ? new AppState() : JSON.readValue(json, AppState.class);
    }
}
