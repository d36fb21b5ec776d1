package io.distsync.testsupport.history;

import org.jspecify.annotations.Nullable;

/**
 * One call in a recorded history. It took effect, if at all, at some moment after {@code called} and before {@code
 * returned}.
 *
 * @param process who called; one process has at most one call under way
 * @param output what was answered, or {@code null} if no answer is known: the call took effect at any moment after it
 *     was made, long after its caller gave up perhaps, or never
 * @param called moment of the call, on the clock of the recorder
 * @param returned moment of the answer; {@link Long#MAX_VALUE} if there was none
 */
public record Operation<I, O>(
        int process, I input, @Nullable O output, long called, long returned) {

    public Operation {
        if (called >= returned) {
            throw new IllegalArgumentException("returned at " + returned + " what was called at " + called);
        }
        if ((output == null) != (returned == Long.MAX_VALUE)) {
            throw new IllegalArgumentException("an operation has both an output and a moment of return, or neither");
        }
    }

    /** An operation that was answered. */
    public static <I, O> Operation<I, O> answered(int process, I input, O output, long called, long returned) {
        return new Operation<>(process, input, output, called, returned);
    }

    /** An operation whose outcome is unknown. */
    public static <I, O> Operation<I, O> unanswered(int process, I input, long called) {
        return new Operation<>(process, input, null, called, Long.MAX_VALUE);
    }

    @Override
    public String toString() {
        return "[" + called + ".." + (output == null ? "" : returned) + "] process " + process + ": " + input + " -> "
                + (output == null ? "unknown" : output);
    }
}
