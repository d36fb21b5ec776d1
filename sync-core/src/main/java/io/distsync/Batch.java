package io.distsync;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.FailedCheck;
import io.distsync.backend.CommitResult.TooOld;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.ConflictException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Operations that travel in one commit, and what became of its attempts. Used by the owner of the pipeline; who closes it
 * may count the operations, and abort them.
 */
final class Batch<T> {

    /*
     * A commit keeps its request id until its fate is known. An attempt whose outcome is unknown makes the batch
     * `uncertain`: from then on it is repeated as it is, and callers who give up report "unknown". Once the store has said
     * that nothing was applied, `commit` is given up and the operations are applied anew.
     *
     * The first commit may be built on one that is under way (`foresight`). Its answer is taken in only when that one is
     * finished; the next commit of the same batch stands on what is known, as any other.
     */

    private static final int CONFLICTS_BEFORE_BACKOFF = 3;

    /** A store that answers is not relieved by waiting longer than some nodes need for a commit each. */
    private static final int MOST_CROWDED = 4;

    private static final long MIN_BACKOFF_NANOS = Duration.ofMillis(1).toNanos();
    private static final long MAX_BACKOFF_NANOS = Duration.ofMillis(250).toNanos();

    private final UpdatePipeline<T> pipeline;
    private final Knowledge knowledge;
    private final long startedNanos;

    List<Operation<T, ?>> operations;

    /** What the operations were applied to last. */
    private @Nullable Draft<T> draft;

    /** The commit under way; the same object for each attempt. */
    private @Nullable Commit commit;

    /** Whether an attempt of the commit may have been applied. */
    private boolean uncertain;

    /** What the commit before this one was foreseen to leave, if that was under way when this one was built on it. */
    private @Nullable Foresight foresight;

    /** The answer to that commit. */
    private @Nullable CompletableFuture<?> predecessor;

    /** The head of the topic that the commit is expected to follow. */
    private Version basis = Version.ABSENT;

    /** Whether the store confirmed it. */
    private boolean confirmed;

    /** Whether it was given up because the store will not have it: certainly not applied. */
    private boolean refused;

    /** Whether the commit that this one was built on may still be applied, although nobody waits for it any more. */
    private boolean groundless;

    /** What the last step waits for; {@code null} if the next one is to be made. */
    @Nullable
    CompletableFuture<?> awaited;

    /** How often the batch failed or lost. */
    private int setbacks;

    /** How long to wait before the next step. */
    private long pauseNanos;

    /** Whether the last attempt comes after a pause, because others were faster several times. */
    private boolean isRested;

    /** @param startedNanos see {@link ServiceContext#startNanos} */
    Batch(UpdatePipeline<T> pipeline, List<Operation<T, ?>> operations, long startedNanos) {
        this.pipeline = pipeline;
        this.knowledge = pipeline.knowledge();
        this.operations = operations;
        this.startedNanos = startedNanos;
    }

    /** The user's own commit, if that is what this batch consists of. */
    @SuppressWarnings("unchecked") // the operations of a pipeline are of its topic's type
    @Nullable
    CommitOperation<T> alone() {
        Operation<T, ?> operation = operations.get(0);
        return operation instanceof CommitOperation ? (CommitOperation<T>) operation : null;
    }

    boolean hadSetbacks() {
        return setbacks > 0;
    }

    /** How long to wait before the next step; not to be asked for twice. */
    long takePause() {
        long pause = pauseNanos;
        pauseNanos = 0;
        return pause;
    }

    boolean isAbandoned() {
        return operations.stream().allMatch(Operation::isDone);
    }

    void abort() {
        operations.forEach(Operation::abort);
    }

    void share() {
        operations.forEach(Operation::share);
    }

    void withdrawDone() {
        for (int i = 0; i < operations.size(); i++) {
            if (operations.get(i).isDone()) {
                operations = operations.stream()
                        .filter(operation -> !operation.isDone())
                        .toList();
                return;
            }
        }
    }

    @Nullable
    Commit commit() {
        return commit;
    }

    /** Goes on with a commit that carries what the operations made of a draft. */
    void sending(Commit next, @Nullable Draft<T> applied) {
        commit = next;
        draft = applied;
        basis = foresight == null ? next.known() : foresight.head();
    }

    // --- one commit on another --------------------------------------------------------------------------------------

    /** Whether its commit is under way for the first time. */
    boolean isFirstAttempt() {
        return commit != null && draft != null && setbacks == 0;
    }

    /** What its commit is going to leave; {@code null} if that cannot be told. */
    @Nullable
    Foresight foresee() {
        Commit sent = commit;
        Draft<T> applied = draft;
        return sent == null || applied == null ? null : applied.foresee(basis, sent);
    }

    /** Builds its first commit on that of a batch which is under way. */
    void follow(Batch<T> first, Foresight foreseen) {
        predecessor = first.awaited;
        foresight = foreseen;
    }

    /** Whether the batch before it has its answer by now, and waits to be taken in. */
    boolean holdsUpAnother() {
        return foresight != null && predecessor != null && predecessor.isDone();
    }

    @Nullable
    Foresight foresight() {
        return foresight;
    }

    /** Whether it was committed at the first attempt. */
    boolean wentWell() {
        return confirmed && setbacks == 0;
    }

    /** Whether, now that it is finished, its commit is known to be applied or never to be. */
    boolean isDecided() {
        return confirmed || refused;
    }

    /** The commit it was built on may come to be applied yet, or never. */
    void loseGround() {
        groundless = true;
    }

    /** Marks all operations as sent, or none: if a caller has given up, the others must be applied anew without. */
    boolean sendAll() {
        for (int i = 0; i < operations.size(); i++) {
            if (!operations.get(i).send()) {
                for (int j = 0; j < i; j++) {
                    operations.get(j).unsend();
                }
                return false;
            }
        }
        return true;
    }

    // --- answers of the store; true if the batch is finished --------------------------------------------------------

    boolean absorb(CommitResult result) {
        if (result instanceof Committed committed) {
            settle(committed);
            return true;
        }
        return result instanceof Conflict conflict ? absorb(conflict) : absorb((TooOld) result);
    }

    private void settle(Committed committed) {
        confirmed = true;
        CommitOperation<T> alone = alone();
        if (alone != null) {
            alone.touchedKeys(committed).forEach(knowledge::forget);
            pipeline.acknowledge(committed);
            alone.settle(committed);
        } else if (draft != null) {
            draft.learn(knowledge, committed);
            pipeline.acknowledge(committed);
            for (int i = 0; i < operations.size(); i++) {
                operations.get(i).settle(draft, committed);
            }
        }
        if (pipeline.context().metrics().isEnabled()) {
            int succeeded = (int) operations.stream()
                    .filter(operation -> !operation.isFailed())
                    .count();
            pipeline.context().committed(pipeline.topic(), succeeded, startedNanos);
        }
    }

    private boolean absorb(Conflict conflict) {
        if (foresight == null) { // or the answer may be older than that of the commit before
            knowledge.learnHead(conflict.head());
        }
        if (uncertain && (groundless || !isFinal(conflict))) {
            knowledge.forgetAll();
            failAll(new OutcomeUnknownException(
                    "an earlier attempt got no answer and may still be on its way to topic '" + name()
                            + "', where what it expects may come true again"));
            return true;
        }
        CommitOperation<T> alone = alone();
        if (alone != null) {
            alone.settle(conflict);
            return true;
        }
        if (foresight != null) {
            wasMisled(conflict);
            return false;
        }
        for (FailedCheck failed : conflict.failed()) {
            Check.VersionIs check = (Check.VersionIs) failed.check();
            Known held = Known.of(failed.entry());
            if (check.version().isNewerThan(held.version())) {
                knowledge.deny(check.key(), check.version()); // deleted or lost: a replica may not have heard of it yet
            }
            knowledge.learn(check.key(), held);
        }
        pipeline.context().metrics().conflict(name());
        again();
        // What it stands on is old after a pause, so that the attempt most likely tells what is there now: the next is
        // at once.
        isRested = setbacks > CONFLICTS_BEFORE_BACKOFF && !isRested;
        if (isRested) {
            pauseNanos = pause(Math.min(MOST_CROWDED, setbacks - CONFLICTS_BEFORE_BACKOFF));
        }
        int budget = pipeline.context().settings().maxConflicts();
        for (Operation<T, ?> operation : operations) {
            if (operation.lostAgain() >= budget) {
                operation.fail(new ConflictException(
                        "lost against other writers of topic '" + name() + "' " + budget + " times; it is now at "
                                + conflict.head(),
                        conflict.head()));
            }
        }
        return false;
    }

    /**
     * Things did not go as foreseen, which is no race that was lost. The answer may be from before the commit that this one
     * was built on, or from after it, so it tells only what is newer than what is known.
     */
    private void wasMisled(Conflict conflict) {
        for (FailedCheck failed : conflict.failed()) {
            String key = ((Check.VersionIs) failed.check()).key();
            Known held = Known.of(failed.entry());
            Known known = knowledge.of(key);
            if (known == null || held.version().isNewerThan(known.version())) {
                knowledge.learn(key, held);
            }
        }
        again();
    }

    /**
     * Whether no other attempt of the commit can pass either, should one be on its way: a version once gone does not come
     * back and a fence does not sink, but what is there now may be absent again.
     */
    private static boolean isFinal(Conflict conflict) {
        return conflict.failed().stream()
                .map(FailedCheck::check)
                .anyMatch(check -> check instanceof Check.Fence
                        || (check instanceof Check.VersionIs versionIs
                                && !versionIs.version().isAbsent()));
    }

    /** The store has forgotten too much to tell whether it knows this request. */
    private boolean absorb(TooOld tooOld) {
        knowledge.forgetAll();
        knowledge.learnHead(tooOld.head());
        if (uncertain) {
            failAll(new OutcomeUnknownException("topic '" + name()
                    + "' went on so far that the store no longer knows whether it applied this; it is now at "
                    + tooOld.head()));
            return true;
        }
        again();
        return false;
    }

    /** A step failed; true if the batch is finished. */
    boolean absorb(Throwable reason) {
        boolean sent = commit != null;
        if (reason instanceof OutcomeUnknownException) {
            uncertain = sent;
            setbacks++;
            pauseNanos = pause(setbacks);
            return false;
        }
        if (reason instanceof BackendUnavailableException) {
            if (uncertain) {
                setbacks++;
            } else {
                again();
            }
            pauseNanos = pause(setbacks);
            return false;
        }
        knowledge.forgetAll();
        if (uncertain) {
            failAll(new OutcomeUnknownException(
                    "an earlier attempt may have been applied, and the store now refuses to tell", reason));
        } else if (!sent || reason instanceof NotAppliedException || reason instanceof IllegalArgumentException) {
            refused = true;
            failAll(reason);
        } else {
            failAll(new OutcomeUnknownException("the backend failed in a way it does not declare", reason));
        }
        return true;
    }

    /** Ends the batch because something failed that must not; what was told to a caller before stays. */
    void breakDown(Throwable reason) {
        pipeline.brokeDown(reason);
        Throwable known = commit == null
                ? reason
                : new OutcomeUnknownException("failed while a commit to topic '" + name() + "' was under way", reason);
        for (Operation<T, ?> operation : operations) {
            if (!operation.isDone()) {
                operation.fail(known);
            }
        }
    }

    /** Prepares to apply the operations once more; the store has said that nothing of them was applied. */
    private void again() {
        commit = null;
        foresight = null;
        groundless = false;
        uncertain = false;
        setbacks++;
        operations.forEach(Operation::unsend);
    }

    private static long pause(int setbacks) {
        long ceiling = Math.min(MAX_BACKOFF_NANOS, MIN_BACKOFF_NANOS << Math.min(20, setbacks));
        return ThreadLocalRandom.current().nextLong(ceiling / 2, ceiling);
    }

    private void failAll(Throwable reason) {
        operations.forEach(operation -> operation.fail(reason));
    }

    private String name() {
        return pipeline.topic().name();
    }
}
