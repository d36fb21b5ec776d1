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
    private final TopicFormat<T> format;
    private final String fence;
    private final Version token;
    private final UnaryOperator<T> update;
    private final int maxConflicts;

    FencedUpdate(TopicRuntime<T> runtime, String fence, Version token, UnaryOperator<T> update) {
        this.map = runtime.map();
        this.format = runtime.format();
        this.maxConflicts = runtime.context().settings().maxConflicts();
        this.fence = Objects.requireNonNull(fence, "fence");
        this.token = Objects.requireNonNull(token, "token");
        this.update = Objects.requireNonNull(update, "update");
    }

    Versioned<T> run() {
        return attempt(map.read(Selection.keys(KEY)), 0);
    }

    private Versioned<T> attempt(MapPage<T> met, int conflicts) {
        Attempt next = new Attempt(met);
        CommitOutcome<T> outcome = map.commit(next::fill);
        return outcome.isCommitted() ? next.result(outcome) : attempt(afterConflict(outcome, conflicts), conflicts + 1);
    }

    /** Fails with the reason itself, as all operations do. */
    CompletableFuture<Versioned<T>> start() {
        CompletableFuture<Versioned<T>> result = new CompletableFuture<>();
        var unused = map.readAsync(Selection.keys(KEY))
                .thenCompose(met -> attemptAsync(met, 0))
                .whenComplete((written, failure) -> {
                    if (failure == null) {
                        result.complete(written);
                    } else {
                        result.completeExceptionally(
                                failure instanceof CompletionException wrapper && wrapper.getCause() != null
                                        ? wrapper.getCause()
                                        : failure);
                    }
                });
        return result;
    }

    private CompletableFuture<Versioned<T>> attemptAsync(MapPage<T> met, int conflicts) {
        Attempt next = new Attempt(met);
        return map.commitAsync(next::fill)
                .thenCompose(outcome -> outcome.isCommitted()
                        ? CompletableFuture.completedFuture(next.result(outcome))
                        : attemptAsync(afterConflict(outcome, conflicts), conflicts + 1));
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

    /** One attempt, on the state that was met. */
    private final class Attempt {

        private final @Nullable Versioned<T> met;
        private final T next;

        Attempt(MapPage<T> page) {
            List<MapEntry<T>> entries = page.entries();
            met = entries.isEmpty() ? null : entries.get(0).versioned();
            next = Objects.requireNonNull(
                    update.apply(met == null ? format.startingValue(KEY, null) : met.value()),
                    () -> "an update of topic '" + map.topic().name() + "' must not return null");
        }

        void fill(CommitBuilder<T> commit) {
            commit.fence(fence, token).expect(KEY, met == null ? Version.ABSENT : met.version());
            if (!isUnchanged()) {
                commit.put(KEY, next, LeaseOptions.keep());
            }
            commit.select(Selection.keys(KEY));
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
