package io.distsync.testsupport.history;

import java.util.Optional;

/** A counter that starts at 0. Each operation adds its input and answers the result; adding 0 is a read. */
public final class CounterModel implements SequentialModel<Long, Long, Long> {

    @Override
    public Long initial() {
        return 0L;
    }

    @Override
    public Optional<Long> next(Long state, Long input, Long output) {
        return state + input == output ? Optional.of(output) : Optional.empty();
    }

    @Override
    public Optional<Long> nextUnanswered(Long state, Long input) {
        return input == 0 ? Optional.empty() : Optional.of(state + input);
    }
}
