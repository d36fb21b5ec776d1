package io.distsync;

import io.distsync.backend.Check;
import io.distsync.backend.Selection;
import io.distsync.error.ConflictException;
import io.distsync.error.StaleTokenException;
import io.distsync.version.Version;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Fetch, apply, compare-and-set, as every update, but each attempt names a fencing token, which the store compares. It is not
 * combined with others, because they may have other tokens. Stateless: an attempt is a function of what was met before.
 */
final class FencedUpdate<T> {

    private static final String KEY = "";

    private final SyncMap<T> map;
    private final UpdatePipeline<T> pipeline;
    private final String fence;
    private final Version token;
    private final UnaryOperator<T> update;
    private final int maxConflicts;
    /** Of all attempts together, and of the first read. */
    private final long deadline;
    /** Of all attempts together; begun by the caller's thread, which others go on for. */
    private final SyncTracing.Span span;

    /** What the asynchronous form waits for. */
    private volatile @Nullable CompletableFuture<?> step;

    FencedUpdate(TopicRuntime<T> runtime, String fence, Version token, UnaryOperator<T> update) {
        this.map = runtime.map();
        this.pipeline = runtime.pipeline();
        this.maxConflicts = runtime.context().settings().maxConflicts();
        this.deadline = runtime.context().deadlineNanos();
        this.fence = Objects.requireNonNull(fence, "fence");
        this.token = Objects.requireNonNull(token, "token");
        this.update = Objects.requireNonNull(update, "update");
        pipeline.requireOpen();
        SyncTracing tracing = runtime.context().tracing();
        this.span = tracing.isEnabled() ? tracing.call(runtime.topic().name(), "update") : SyncTracing.Span.NONE;
    }

    Versioned<T> run() {
        try {
            Versioned<T> written = attempt(map.read(Selection.keys(KEY)), 0);
            end(null);
            return written;
        } catch (Throwable e) {
            end(e);
            throw e;
        }
    }

    private void end(@Nullable Throwable failure) {
        span.end(failure == null ? "applied" : Operation.badEnd(failure), failure);
    }

    private Versioned<T> attempt(MapPage<T> met, int conflicts) {
        Attempt next = new Attempt(met);
        CommitOutcome<T> outcome = next.commit().run();
        return outcome.isCommitted() ? next.result(outcome) : attempt(afterConflict(outcome, conflicts), conflicts + 1);
    }

    /** Fails with the reason itself, as all operations do. */
    CompletableFuture<Versioned<T>> start() {
        CompletableFuture<Versioned<T>> result = new Result();
        var unused = begin(map.readAsync(Selection.keys(KEY)))
                .thenCompose(met -> attemptAsync(met, 0))
                .whenComplete((written, failure) -> {
                    Throwable reason = failure instanceof CompletionException wrapper && wrapper.getCause() != null
                            ? wrapper.getCause()
                            : failure;
                    end(reason);
                    if (reason == null) {
                        result.complete(written);
                    } else {
                        result.completeExceptionally(reason);
                    }
                });
        return result;
    }

    private CompletableFuture<Versioned<T>> attemptAsync(MapPage<T> met, int conflicts) {
        Attempt next = new Attempt(met);
        return begin(next.commit().start())
                .thenCompose(outcome -> outcome.isCommitted()
                        ? CompletableFuture.completedFuture(next.result(outcome))
                        : attemptAsync(afterConflict(outcome, conflicts), conflicts + 1));
    }

    private <R> CompletableFuture<R> begin(CompletableFuture<R> next) {
        step = next;
        return next;
    }

    /** What the next attempt begins with. */
    private MapPage<T> afterConflict(CommitOutcome<T> outcome, int conflicts) {
        for (CommitOutcome.Failed<T> failed : ((CommitOutcome.Conflict<T>) outcome).failed()) {
            if (failed.check() instanceof Check.Fence) {
                Version newest = Objects.requireNonNull(failed.fence());
                throw new StaleTokenException(
                        "topic '" + map.topic().name() + "' was not written: fence '" + fence
                                + "' has seen a newer token than (" + token.epoch() + ", " + token.revision() + "): ("
                                + newest.epoch() + ", " + newest.revision() + ")",
                        newest);
            }
        }
        if (conflicts + 1 >= maxConflicts) {
            throw new ConflictException(
                    "topic '" + map.topic().name() + "' was not written: other writers won " + (conflicts + 1)
                            + " times",
                    outcome.head());
        }
        return outcome.selected();
    }

    /** Leaves it to what is under way to say what becomes of a call that is cancelled. */
    private final class Result extends CompletableFuture<Versioned<T>> {

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            CompletableFuture<?> underWay = step;
            return underWay != null && underWay.cancel(mayInterruptIfRunning);
        }
    }

    /** One attempt, on the state that was met. */
    private final class Attempt {

        private final @Nullable Versioned<T> met;
        private final T next;

        Attempt(MapPage<T> page) {
            List<MapEntry<T>> entries = page.entries();
            met = entries.isEmpty() ? null : entries.get(0).versioned();
            next = Objects.requireNonNull(
                    update.apply(met == null ? pipeline.format().startingValue(KEY, null) : met.value()),
                    () -> "an update of topic '" + map.topic().name() + "' must not return null");
        }

        CommitOperation<T> commit() {
            CommitBuilder<T> builder = new CommitBuilder<>(pipeline.format());
            builder.fence(fence, token).expect(KEY, met == null ? Version.ABSENT : met.version());
            if (!isUnchanged()) {
                builder.put(KEY, next, LeaseOptions.keep());
            }
            CommitOperation<T> commit = new CommitOperation<>(pipeline, builder.select(Selection.keys(KEY)));
            commit.partOf(deadline, span);
            return commit;
        }

        private boolean isUnchanged() {
            return met != null && met.value().equals(next);
        }

        Versioned<T> result(CommitOutcome<T> outcome) {
            return isUnchanged()
                    ? Objects.requireNonNull(met)
                    : ((CommitOutcome.Committed<T>) outcome).written().get(0).versioned();
        }
    }
}
