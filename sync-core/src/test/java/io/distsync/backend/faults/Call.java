package io.distsync.backend.faults;

import io.distsync.error.OutcomeUnknownException;
import io.distsync.testsupport.history.Operation;
import io.distsync.version.Version;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A call of a worker and what it was told.
 *
 * @param operation for the checker, without an answer unless there was one
 * @param version what the call wrote, if it is known to have written
 * @param took from the call to the answer
 * @param failure what the caller was told instead of an answer
 */
record Call(
        String topic,
        String worker,
        Operation<LedgerModel.Input, LedgerModel.Output> operation,
        @Nullable Version version,
        Duration took,
        @Nullable Throwable failure) {

    /** What an {@link OutcomeUnknownException} stands on. */
    enum Doubt {
        /** The deadline passed. */
        DEADLINE("no outcome within"),
        /** The store forgot too much to tell whether it knows the request. */
        FORGOTTEN("the store no longer knows whether"),
        /** An earlier attempt could still find the entry absent. */
        ABSENCE("where what it expects may come true again");

        private final String sentence;

        Doubt(String sentence) {
            this.sentence = sentence;
        }

        static @Nullable Doubt of(OutcomeUnknownException unknown) {
            for (Doubt doubt : values()) {
                if (String.valueOf(unknown.getMessage()).contains(doubt.sentence)) {
                    return doubt;
                }
            }
            return null;
        }
    }

    String id() {
        return operation.input().writes();
    }

    boolean isAcknowledged() {
        return version != null;
    }

    boolean isUnknown() {
        return failure instanceof OutcomeUnknownException;
    }
}
