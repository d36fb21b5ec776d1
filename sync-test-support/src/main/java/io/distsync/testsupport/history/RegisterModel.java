package io.distsync.testsupport.history;

import io.distsync.testsupport.history.RegisterModel.Input;
import io.distsync.testsupport.history.RegisterModel.Output;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A register with read, write and compare-and-set. Its values stand for versions: let every write write a value of its
 * own, so that two versions never look alike and a value that comes back is seen.
 */
public final class RegisterModel implements SequentialModel<Optional<String>, Input, Output> {

    /** What can be asked of a register; {@code null} stands for an absent value everywhere. */
    public sealed interface Input {}

    /** Asks for the value. */
    public record Read() implements Input {}

    /** Replaces the value, or removes it. */
    public record Write(@Nullable String value) implements Input {}

    /** Replaces the value if it is the expected one. */
    public record CompareAndSet(
            @Nullable String expected, @Nullable String value) implements Input {}

    /** What a register answers. */
    public sealed interface Output {}

    /** The value that was read. */
    public record Value(@Nullable String value) implements Output {}

    /** The write, or the compare-and-set, was carried out. */
    public record Done() implements Output {}

    /** The compare-and-set met another value. */
    public record Refused(@Nullable String met) implements Output {}

    @Override
    public Optional<String> initial() {
        return Optional.empty();
    }

    @Override
    public Optional<Optional<String>> next(Optional<String> state, Input input, Output output) {
        if (input instanceof Read && output instanceof Value read) {
            return holds(state, read.value()) ? Optional.of(state) : Optional.empty();
        }
        if (input instanceof Write write && output instanceof Done) {
            return Optional.of(Optional.ofNullable(write.value()));
        }
        if (input instanceof CompareAndSet cas && output instanceof Done) {
            return holds(state, cas.expected()) ? Optional.of(Optional.ofNullable(cas.value())) : Optional.empty();
        }
        if (input instanceof CompareAndSet cas && output instanceof Refused refused) {
            return holds(state, refused.met()) && !holds(state, cas.expected()) ? Optional.of(state) : Optional.empty();
        }
        throw new IllegalArgumentException(output + " is no answer to " + input);
    }

    @Override
    public Optional<Optional<String>> nextUnanswered(Optional<String> state, Input input) {
        if (input instanceof Write write) {
            return Optional.of(Optional.ofNullable(write.value()));
        }
        if (input instanceof CompareAndSet cas && holds(state, cas.expected())) {
            return Optional.of(Optional.ofNullable(cas.value()));
        }
        return Optional.empty();
    }

    private static boolean holds(Optional<String> state, @Nullable String value) {
        return Objects.equals(state.orElse(null), value);
    }
}
