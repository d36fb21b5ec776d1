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
        String reads() {
            return key;
        }

        @Override
        void apply(Batch<T> batch) {
            Cell seen = batch.cell(key);
            cell = seen;
            thrown = null;
            batch.check(seen);
            try {
                T before = batch.value(seen);
                T after = batch.call(function, before);
                if (after == null) {
                    throw new NullPointerException("the update function of topic '"
                            + batch.topic().name() + "' returned null; return the state unchanged, or delete it");
                }
                value = after;
                if (after != before && !after.equals(before)) {
                    batch.put(seen, batch.payload(after), lease);
                }
                mutation = seen.mutation;
            } catch (Throwable e) {
                thrown = e;
            }
        }

        @Override
        void settle(Batch<T> batch, Committed committed) {
            if (thrown != null) {
                fail(thrown);
                return;
            }
            Cell seen = Objects.requireNonNull(cell);
            T after = batch.topic().conflated() ? batch.value(seen) : Objects.requireNonNull(value);
            succeed(batch.versioned(seen, mutation, after, committed));
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
        void apply(Batch<T> batch) {
            Cell target = batch.cell(key);
            cell = target;
            thrown = null;
            try {
                batch.put(target, batch.payload(value), lease);
                mutation = target.mutation;
            } catch (IllegalArgumentException e) {
                thrown = e;
            }
        }

        @Override
        void settle(Batch<T> batch, Committed committed) {
            if (thrown != null) {
                fail(thrown);
                return;
            }
            Cell target = Objects.requireNonNull(cell);
            T stored = batch.topic().conflated() ? batch.value(target) : value;
            succeed(batch.versioned(target, mutation, stored, committed));
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
        void apply(Batch<T> batch) {
            Cell target = batch.cell(key);
            batch.delete(target);
            mutation = target.mutation;
        }

        @Override
        void settle(Batch<T> batch, Committed committed) {
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
        void apply(Batch<T> batch) {
            Cell target = batch.cell(key);
            cell = target;
            thrown = null;
            try {
                matched = target.isWritten() ? isJustDeleted(target) : batch.assumes(target, expected);
                met = target.payload();
                if (matched) {
                    batch.put(target, batch.payload(value), lease);
                }
                mutation = target.mutation;
            } catch (IllegalArgumentException e) {
                thrown = e;
            }
        }

        /** What the batch has written has no version yet that anybody could expect; what it has deleted is absent. */
        private boolean isJustDeleted(Cell target) {
            return target.payload() == null && expected.isAbsent();
        }

        @Override
        void settle(Batch<T> batch, Committed committed) {
            Cell target = Objects.requireNonNull(cell);
            if (thrown != null) {
                fail(thrown);
            } else if (matched) {
                succeed(new CasResult.Committed<>(batch.versioned(target, mutation, value, committed)));
            } else {
                settleConflict(batch, target, committed);
            }
        }

        private void settleConflict(Batch<T> batch, Cell target, Committed committed) {
            try {
                T current = batch.valueOrInitial(met);
                succeed(new CasResult.Conflict<>(batch.versioned(target, mutation, current, committed)));
            } catch (SyncException e) {
                fail(e);
            }
        }
    }
}
