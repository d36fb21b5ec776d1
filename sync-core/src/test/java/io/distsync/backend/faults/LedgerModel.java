package io.distsync.backend.faults;

import io.distsync.testsupport.history.SequentialModel;
import java.util.Optional;

/** What a topic of one {@link Ledger} does when calls come one after another; it knows every revision. */
final class LedgerModel implements SequentialModel<LedgerModel.State, LedgerModel.Input, LedgerModel.Output> {

    /** The topic. */
    record State(long revision, Stored stored) {

        State write(Ledger ledger) {
            return new State(revision + 1, new Stored(true, revision + 1, ledger));
        }
    }

    /** A call; what it writes is told by the id. */
    sealed interface Input {

        /** A counted update. */
        record Update(String worker, String id) implements Input {}

        /** An overwrite. */
        record Send(String id) implements Input {}

        /** A compare-and-set; 0 expects an absent state. */
        record CompareAndSet(long expectedRevision, String id) implements Input {}

        /** A delete. */
        record Delete() implements Input {}

        /** A read: a fetch, or an update that changes nothing. */
        record Read() implements Input {}

        /** The id of what it writes, or an empty one. */
        default String writes() {
            return this instanceof Update update
                    ? update.id()
                    : this instanceof Send send
                            ? send.id()
                            : this instanceof CompareAndSet compareAndSet ? compareAndSet.id() : "";
        }
    }

    /** An answer. */
    sealed interface Output {}

    /** The state after the call. */
    record Stored(boolean present, long revision, Ledger ledger) implements Output {
        static final Stored ABSENT = new Stored(false, 0, Ledger.EMPTY);
    }

    /** The compare-and-set met this. */
    record Refused(Stored met) implements Output {}

    /** Whether there was something to delete. */
    record Deleted(boolean something) implements Output {}

    @Override
    public State initial() {
        return new State(0, Stored.ABSENT);
    }

    @Override
    public Optional<State> next(State state, Input input, Output output) {
        State after = apply(state, input);
        Output expected;
        if (input instanceof Input.Delete) {
            expected = new Deleted(state.stored().present());
        } else if (input instanceof Input.CompareAndSet && after.equals(state)) {
            expected = new Refused(state.stored());
        } else {
            expected = after.stored();
        }
        return expected.equals(output) ? Optional.of(after) : Optional.empty();
    }

    @Override
    public Optional<State> nextUnanswered(State state, Input input) {
        State after = apply(state, input);
        return after.equals(state) ? Optional.empty() : Optional.of(after);
    }

    private static State apply(State state, Input input) {
        if (input instanceof Input.Update update) {
            return state.write(state.stored().ledger().plus(update.worker(), update.id()));
        }
        if (input instanceof Input.Send send) {
            return state.write(new Ledger(send.id(), Ledger.EMPTY.counts()));
        }
        if (input instanceof Input.CompareAndSet compare) {
            return compare.expectedRevision() == state.stored().revision()
                    ? state.write(new Ledger(compare.id(), Ledger.EMPTY.counts()))
                    : state;
        }
        boolean deletes = input instanceof Input.Delete && state.stored().present();
        return deletes ? new State(state.revision() + 1, Stored.ABSENT) : state;
    }
}
