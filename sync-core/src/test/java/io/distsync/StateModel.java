package io.distsync;

import io.distsync.testsupport.history.SequentialModel;
import java.util.Optional;

/**
 * What a single state of counters does when calls come one after another. The model knows the revisions, so a history
 * that skips or repeats one is not explained by it.
 */
final class StateModel implements SequentialModel<StateModel.State, StateModel.Input, StateModel.Output> {

    /**
     * The topic.
     *
     * @param revision of the topic's last change
     * @param stored the state as callers see it
     */
    record State(long revision, Output.Stored stored) {

        State write(long value) {
            return new State(revision + 1, new Output.Stored(true, revision + 1, value));
        }

        State delete() {
            return stored.present() ? new State(revision + 1, Output.Stored.ABSENT) : this;
        }
    }

    /** A call. */
    sealed interface Input {

        /** An update that adds; adding 0 changes nothing. */
        record Add(long delta) implements Input {}

        /** An overwrite. */
        record Send(long value) implements Input {}

        /** A compare-and-set; 0 expects an absent state. */
        record CompareAndSet(long expectedRevision, long value) implements Input {}

        /** A delete. */
        record Delete() implements Input {}

        /** A read. */
        record Fetch() implements Input {}
    }

    /** An answer. */
    sealed interface Output {

        /** The state after the call. */
        record Stored(boolean present, long revision, long value) implements Output {
            static final Stored ABSENT = new Stored(false, 0, 0);
        }

        /** The compare-and-set met this. */
        record Refused(Stored met) implements Output {}

        /** Whether there was something to delete. */
        record Deleted(boolean something) implements Output {}
    }

    @Override
    public State initial() {
        return new State(0, Output.Stored.ABSENT);
    }

    @Override
    public Optional<State> next(State state, Input input, Output output) {
        State after = apply(state, input);
        Output expected;
        if (input instanceof Input.Delete) {
            expected = new Output.Deleted(state.stored().present());
        } else if (input instanceof Input.CompareAndSet && after.equals(state)) {
            expected = new Output.Refused(state.stored());
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
        if (input instanceof Input.Add add) {
            return add.delta() == 0 ? state : state.write(state.stored().value() + add.delta());
        }
        if (input instanceof Input.Send send) {
            return state.write(send.value());
        }
        if (input instanceof Input.CompareAndSet compare) {
            return compare.expectedRevision() == state.stored().revision() ? state.write(compare.value()) : state;
        }
        return input instanceof Input.Delete ? state.delete() : state;
    }
}
