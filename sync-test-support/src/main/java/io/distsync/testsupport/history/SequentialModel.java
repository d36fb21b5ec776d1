package io.distsync.testsupport.history;

import java.util.Optional;

/**
 * What an object does when its operations come one after another: the specification a concurrent history is held
 * against.
 *
 * @param <S> its state: immutable, with equals and hashCode, never null
 * @param <I> what an operation asks for
 * @param <O> what it answers
 */
public interface SequentialModel<S, I, O> {

    S initial();

    /** The state after the operation, or empty if in this state it could not have given that answer. */
    Optional<S> next(S state, I input, O output);

    /**
     * The state after an operation whose answer is unknown took effect; empty if in this state it would change nothing.
     */
    Optional<S> nextUnanswered(S state, I input);
}
