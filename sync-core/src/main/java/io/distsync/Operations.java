package io.distsync;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Payload;
import io.distsync.error.SyncException;
import io.distsync.version.Version;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The operations that may share a commit with others. */
final class Operations {

    private Operations() {}

    /** Replaces a value by a function of it. */
    static final class Update<T> extends Operation<T, Versioned<T>> {

        private final String key;
        private final UnaryOperator<T> function;
        private final LeaseRule lease;

        private @Nullable Cell cell;
        private @Nullable T value;
        private int mutation;
        private @Nullable Throwable thrown;

        Update(UpdatePipeline<T> pipeline, String key, UnaryOperator<T> function, LeaseRule lease) {
            super(pipeline);
            this.key = key;
            this.function = Objects.requireNonNull(function, "update");
            this.lease = lease;
        }

        @Override
        String kind() {
            return "update";
        }

        @Override
        String reads() {
            return key;
        }

        @Override
        void apply(Draft<T> draft) {
            Cell seen = draft.cell(key);
            draft.check(seen);
            T after = null;
            Payload payload = null;
            Throwable failure = null;
            try {
                T before = draft.value(seen);
                after = draft.call(function, before);
                if (after != before && !after.equals(before)) {
                    payload = draft.payload(after);
                }
            } catch (Throwable e) {
                failure = e;
            }
            note(draft, seen, after, payload, failure);
        }

        /** Takes part in a draft that is made up for an application which went without one. */
        void adopt(Draft<T> draft, @Nullable T after, @Nullable Payload payload, @Nullable Throwable failure) {
            Cell seen = draft.cell(key);
            draft.check(seen);
            note(draft, seen, after, payload, failure);
        }

        private void note(
                Draft<T> draft, Cell seen, @Nullable T after, @Nullable Payload payload, @Nullable Throwable failure) {
            cell = seen;
            value = after;
            thrown = failure;
            if (payload != null) {
                draft.put(seen, payload, lease);
            }
            mutation = seen.mutation;
        }

        @Override
        void settle(Draft<T> draft, Committed committed) {
            if (thrown != null) {
                fail(thrown);
                return;
            }
            Cell seen = Objects.requireNonNull(cell);
            T after = draft.topic().conflated() ? draft.value(seen) : Objects.requireNonNull(value);
            succeed(draft.versioned(seen, mutation, after, committed));
        }
    }

    /** Overwrites a value without looking. */
    static final class Send<T> extends Operation<T, Versioned<T>> {

        private final String key;
        private final T value;
        private final LeaseRule lease;
        private @Nullable Cell cell;
        private int mutation;
        private @Nullable Throwable thrown;

        Send(UpdatePipeline<T> pipeline, String key, T value, LeaseRule lease) {
            super(pipeline);
            this.key = key;
            this.value = value;
            this.lease = lease;
        }

        @Override
        String kind() {
            return "send";
        }

        @Override
        void apply(Draft<T> draft) {
            Cell target = draft.cell(key);
            cell = target;
            thrown = null;
            try {
                draft.put(target, draft.payload(value), lease);
                mutation = target.mutation;
            } catch (IllegalArgumentException e) {
                thrown = e;
            }
        }

        @Override
        void settle(Draft<T> draft, Committed committed) {
            if (thrown != null) {
                fail(thrown);
                return;
            }
            Cell target = Objects.requireNonNull(cell);
            T stored = draft.topic().conflated() ? draft.value(target) : value;
            succeed(draft.versioned(target, mutation, stored, committed));
        }
    }

    /** Deletes an entry; tells whether there was one. */
    static final class Delete<T> extends Operation<T, Boolean> {

        private final String key;
        private int mutation;

        Delete(UpdatePipeline<T> pipeline, String key) {
            super(pipeline);
            this.key = key;
        }

        @Override
        String kind() {
            return "delete";
        }

        @Override
        void apply(Draft<T> draft) {
            Cell target = draft.cell(key);
            draft.delete(target);
            mutation = target.mutation;
        }

        @Override
        void settle(Draft<T> draft, Committed committed) {
            succeed(committed.outcome(mutation) != null);
        }
    }

    /** Writes a value if the entry has exactly the expected version. */
    static final class CompareAndSet<T> extends Operation<T, CasResult<T>> {

        private final String key;
        private final Version expected;
        private final T value;
        private final LeaseRule lease;
        private @Nullable Cell cell;
        private int mutation;
        private boolean matched;
        private @Nullable Payload met;
        private @Nullable Throwable thrown;

        CompareAndSet(UpdatePipeline<T> pipeline, String key, Version expected, T value, LeaseRule lease) {
            super(pipeline);
            this.key = key;
            this.expected = expected;
            this.value = value;
            this.lease = lease;
        }

        @Override
        String kind() {
            return "compare_and_set";
        }

        @Override
        void apply(Draft<T> draft) {
            Cell target = draft.cell(key);
            cell = target;
            thrown = null;
            try {
                matched = target.isWritten() ? isJustDeleted(target) : draft.assumes(target, expected);
                met = target.payload();
                if (matched) {
                    draft.put(target, draft.payload(value), lease);
                }
                mutation = target.mutation;
            } catch (IllegalArgumentException e) {
                thrown = e;
            }
        }

        /** What the draft has written has no version yet that anybody could expect; what it has deleted is absent. */
        private boolean isJustDeleted(Cell target) {
            return target.payload() == null && expected.isAbsent();
        }

        @Override
        void settle(Draft<T> draft, Committed committed) {
            Cell target = Objects.requireNonNull(cell);
            if (thrown != null) {
                fail(thrown);
            } else if (matched) {
                succeed(new CasResult.Committed<>(draft.versioned(target, mutation, value, committed)));
            } else {
                settleConflict(draft, target, committed);
            }
        }

        private void settleConflict(Draft<T> draft, Cell target, Committed committed) {
            try {
                T current = draft.valueOrInitial(met);
                succeed(new CasResult.Conflict<>(draft.versioned(target, mutation, current, committed)));
            } catch (SyncException e) {
                fail(e);
            }
        }
    }
}
