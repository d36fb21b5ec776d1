package io.distsync.benchmarks;

import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
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

    /** The same for several; those who know of one listener only have it call the others, one after another. */
    default void listen(List<LongConsumer> listeners) {
        listen(counter -> listeners.forEach(each -> each.accept(counter)));
    }

    /** An {@link #increment} that also leaves a note in the state, which all states after it have, too. */
    default void annotate(String note) {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " keeps no note");
    }

    /** The counter of the state this client would show without asking anybody. */
    default long shown() {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " shows nothing");
    }

    /** The counter of the state in the store, which is asked. */
    default long fetched() {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " fetches nothing");
    }

    @Override
    void close();

    // --- what is stored, for those who encode it themselves ----------------------------------------------------------

    /** The state after this one. */
    static String next(String json) {
        return next(json, AppState::incremented);
    }

    /** The state that a change makes of this one. */
    static String next(String json, UnaryOperator<AppState> change) {
        return JSON.writeValueAsString(change.apply(decode(json)));
    }

    /** The counter in a state; an empty text is the initial state. */
    static long counter(String json) {
        return decode(json).counter();
    }

    private static AppState decode(String json) {
        return json.isEmpty() ? new AppState() : JSON.readValue(json, AppState.class);
    }
}
