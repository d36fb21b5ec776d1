package io.distsync;

import io.distsync.backend.Change;
import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.ServiceClosedException;
import io.distsync.log.LogEvent;
import io.distsync.version.Limits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries the operations of one topic to the store: the only loop that reads, applies, commits and tries again.
 *
 * @param <T> type of the topic's values
 */
final class UpdatePipeline<T> {

    /*
     * Idea. Operations of one process do not fight each other: whoever finds the pipeline free owns it, and carries the
     * operations that queued up meanwhile along in one commit ("flat combining": Hendler, Incze, Shavit, Tzafrir, SPAA
     * 2010). Only nodes compete with nodes, and a conflict returns the winner's state, so the next try needs no read.
     *
     * Threads. `owned` makes one thread the owner; fields without `volatile` are the owner's. A caller that finds the
     * pipeline free and nothing queued runs its operation at once; otherwise it watches for a moment whether the pipeline
     * comes to rest (`sequence` tells it, read without order), then queues its operation. When a stage of the backend is
     * pending, ownership stays with it, without a thread. When it completes, whoever has the ownership by then goes on with
     * it; if nobody has, a caller that waits does, and if none waits, the dispatcher. Who gives ownership up looks at the
     * queue once more, so no operation is left behind: it was either seen by the owner's last look, or its caller finds the
     * pipeline free after queueing it.
     *
     * Two commits. While one is under way, a caller may take ownership for as long as it takes to send a second one, which is
     * built on what the first is going to leave (`sendFollower`). What became of the second is looked at only when the first
     * is finished, and it takes the first one's place then. So answers are taken in, and repeats sent, in the order of the
     * commits.
     *
     * Outcomes. Functions run on what the service believes to be the state. Every batch therefore carries a check of each
     * entry it read, and no outcome (value, no-op, exception, conflict) is released before the store has confirmed the
     * checks, if need be by a commit that has nothing else.
     */

    private static final Logger log = LoggerFactory.getLogger(UpdatePipeline.class);

    private static final VarHandle OWNED;

    static {
        try {
            OWNED = MethodHandles.lookup().findVarHandle(UpdatePipeline.class, "owned", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int FREE = 0;
    private static final int RUNNING = 1;

    /** The store is being waited for; who has a second commit may take ownership and send it. */
    private static final int PENDING = 2;

    /** The store is being waited for, and nothing more is sent to it. */
    private static final int FULL = 3;

    /** The store has answered, and a thread is on its way to become the owner. */
    private static final int ANSWERED = 4;

    /** How often a caller that waits anyway looks whether the pipeline is free, before it queues its operation. */
    private static final int LOOKS = 64;

    /** Spins between two looks; a microsecond or two, in which the owner may finish several operations. */
    private static final int PAUSE = Runtime.getRuntime().availableProcessors() > 1 ? 64 : 0;

    private static final long NOBODY = -1;
    private static final int MAX_BATCH = Limits.MAX_MUTATIONS;

    /** How many batches in a row have to be committed at once before one is built on another that is under way. */
    private static final int QUIET = 8;

    /** After how many operations of a second commit it is looked whether the first one was answered. */
    private static final int HURRY = 16;

    /** How many operations a caller carries for others before it leaves the rest to the dispatcher. */
    private static final int MAX_CARRIED = 4_096;

    private final TopicFormat<T> format;
    private final ServiceContext context;
    private final boolean followed;

    @SuppressWarnings("UnusedVariable") // for the garbage collector
    private final Object owner;

    private final Backlog<T> backlog = new Backlog<>();
    private final Knowledge knowledge = new Knowledge();

    @SuppressWarnings("UnusedVariable") // by VarHandle
    private int owned = FREE;

    private volatile boolean refusing;
    private volatile boolean aborted;
    private volatile @Nullable Batch<T> current;
    private volatile @Nullable Batch<T> follower; // sent while the current one was under way
    private volatile @Nullable Replica<T> replica;

    /** How many operations have to wait before a second commit is worth its costs. */
    private int worthwhile; // by the owner, read after `owned`

    // The owner's.
    private int carried;
    private int undisturbed; // commits since the last batch that was not committed at once
    private @Nullable CompletableFuture<?> watched; // tells when it is complete
    private List<Operation<T, ?>> settled = List.of();
    private long sequence; // others look at it to see whether the owner makes progress; any value will do
    private final long sender = ThreadLocalRandom.current().nextLong();

    /** The id of the thread inside a user's function; a thread only looks for its own, so a stale read is harmless. */
    private long calling = NOBODY;

    /** @param owner stays reachable while an operation is under way */
    UpdatePipeline(TopicFormat<T> format, ServiceContext context, Object owner) {
        this.owner = owner;
        this.format = format;
        this.context = context;
        this.followed = context.tracing().isEnabled();
    }

    Topic<T> topic() {
        return format.topic();
    }

    TopicFormat<T> format() {
        return format;
    }

    ServiceContext context() {
        return context;
    }

    /** The replica that learns of own writes at once, and tells of others' before they collide. */
    void attach(@Nullable Replica<T> value) {
        replica = value;
    }

    Knowledge knowledge() {
        return knowledge;
    }

    // --- submitting -------------------------------------------------------------------------------------------------

    /** Takes the operation on; its outcome may be there on return. */
    void submit(Operation<T, ?> operation, boolean patient) {
        requireCallable();
        if (followed) {
            operation.follow(context.tracing());
        }
        if (own(patient ? LOOKS : 1)) {
            carry(operation);
        } else {
            enqueue(operation);
        }
    }

    private void requireCallable() {
        if (calling == Thread.currentThread().getId()) {
            throw new IllegalStateException("an update function of topic '" + topic().name()
                    + "' must not update its own topic: return the new state instead");
        }
        requireOpen();
    }

    private void carry(Operation<T, ?> operation) {
        operation.keepPrivate();
        drive(new Batch<>(this, List.of(operation), context.startNanos()));
    }

    private void enqueue(Operation<T, ?> operation) {
        backlog.add(operation);
        int now = (int) OWNED.getVolatile(this);
        if (now == FREE && OWNED.compareAndSet(this, FREE, RUNNING)) {
            drive(null);
        } else if (now == PENDING && backlog.holds(worthwhile) && OWNED.compareAndSet(this, PENDING, RUNNING)) {
            drive(current);
        }
    }

    /**
     * Becomes the owner if the pipeline is free, or comes to rest soon, and nobody waits in the queue.
     *
     * <p>Everything an owner touches is in its processor's cache and would have to move with the ownership. So a pipeline
     * is not taken from a thread that comes and goes: as long as commits are made between two looks, the caller lets that
     * thread have it, and in the end queues its operation, which is then carried along. An owner that makes no progress
     * is in a long call, or has lost its processor; a yield is what gives it back.
     */
    @SuppressWarnings("ThreadPriorityCheck") // only a hint: without it the caller queues and parks a little sooner
    private boolean own(int looks) {
        long seen = 0;
        for (int i = 0; i < looks && backlog.isEmpty(); i++) {
            int now = (int) OWNED.getAcquire(this);
            if (now >= PENDING) {
                return false;
            }
            long commits = sequence;
            boolean atRest = i == 0 || commits == seen;
            if (atRest && now == FREE && OWNED.compareAndSet(this, FREE, RUNNING)) {
                return true;
            }
            if (i > 0 && atRest) {
                Thread.yield();
            }
            seen = commits;
            if (i + 1 == looks) {
                return false;
            }
            for (int j = 0; j < PAUSE; j++) {
                Thread.onSpinWait();
            }
        }
        return false;
    }

    /** Runs a user's function; see {@link #requireCallable}. */
    T call(UnaryOperator<T> update, T before) {
        calling = Thread.currentThread().getId();
        try {
            T after = update.apply(before);
            if (after == null) {
                throw new NullPointerException("the update function of topic '" + topic().name()
                        + "' returned null; return the state unchanged, or delete it");
            }
            return after;
        } finally {
            calling = NOBODY;
        }
    }

    // --- one update alone -------------------------------------------------------------------------------------------

    /** Updates an entry and waits for the outcome. */
    Versioned<T> update(String key, UnaryOperator<T> function, LeaseRule lease) {
        if (followed) {
            return new Operations.Update<>(this, key, function, lease).run();
        }
        Objects.requireNonNull(function, "update");
        requireCallable();
        if (!own(LOOKS)) {
            Operations.Update<T> update = new Operations.Update<>(this, key, function, lease);
            update.attend();
            enqueue(update);
            return update.await();
        }
        catchUp();
        Known before = knowledge.of(key);
        if (before == null) {
            return carryUpdate(key, function, lease);
        }
        return updateAlone(key, before, function, lease);
    }

    private Versioned<T> carryUpdate(String key, UnaryOperator<T> function, LeaseRule lease) {
        Operations.Update<T> update = new Operations.Update<>(this, key, function, lease);
        update.attend();
        carry(update);
        return update.await();
    }

    /**
     * Does what {@link #drive} does with one update, without the objects that serve only more of them: nearly all updates
     * of a store in memory take this way. If the store does not confirm it at once, it becomes a batch like others.
     */
    @SuppressWarnings("NullAway") // without a failure there is a value
    private Versioned<T> updateAlone(String key, Known before, UnaryOperator<T> function, LeaseRule lease) {
        long startedNanos = context.startNanos();
        T after = null;
        Payload payload = null;
        Throwable failure = null;
        try {
            T value = format.startingValue(key, before.payload());
            after = call(function, value);
            if (after != value && !after.equals(value)) {
                payload = format.payload(after);
            }
        } catch (Throwable e) {
            failure = e;
        }
        if (aborted) {
            return carryUpdate(key, function, lease); // which is told so
        }
        List<Check> checks = List.of(Check.versionIs(key, before.version()));
        Commit commit =
                commit(checks, payload == null ? List.of() : List.of(Mutation.put(key, payload, lease)), List.of());
        CompletableFuture<CommitResult> answer = send(commit);
        Committed committed = confirmed(answer);
        if (committed == null) {
            Operations.Update<T> update = new Operations.Update<>(this, key, function, lease);
            update.attend();
            Draft<T> draft = new Draft<>(this, 1, null);
            update.adopt(draft, after, payload, failure);
            goOn(update, draft, commit, answer, startedNanos);
            return update.await();
        }
        Known now = before;
        try {
            Change change = payload == null ? null : committed.outcome(0);
            if (change != null) {
                now = new Known(change.version(), payload);
                knowledge.learn(key, now);
            }
            acknowledge(committed);
            if (context.metrics().isEnabled()) {
                context.committed(topic(), failure == null ? 1 : 0, startedNanos);
            }
        } catch (Throwable e) {
            brokeDown(e);
        } finally {
            drive(null);
        }
        if (failure != null) {
            countFailure(failure);
            throw Operation.raise(failure);
        }
        return new Versioned<>(after, now.version(), now.payload() != null);
    }

    /** The answer, if it is there already and good. */
    private static @Nullable Committed confirmed(CompletableFuture<CommitResult> answer) {
        boolean succeeded = answer.isDone() && !answer.isCompletedExceptionally();
        return succeeded && answer.join() instanceof Committed committed ? committed : null;
    }

    private void goOn(
            Operation<T, ?> applied,
            Draft<T> draft,
            Commit commit,
            CompletableFuture<CommitResult> answer,
            long startedNanos) {
        applied.keepPrivate();
        applied.send();
        Batch<T> batch = new Batch<>(this, List.of(applied), startedNanos);
        batch.sending(commit, draft);
        batch.awaited = answer;
        drive(batch);
    }

    // --- the owner's loop -------------------------------------------------------------------------------------------

    /** Works on the batch, and then on whatever is queued, until nothing is left or a stage is pending. */
    private void drive(@Nullable Batch<T> start) {
        carried = 0;
        Batch<T> batch = start == null ? next() : start;
        while (batch != null) {
            CompletableFuture<?> stage = batch.awaited;
            if (stage == null) {
                stage = step(batch);
                batch.awaited = stage;
            }
            if (stage == null) {
                batch = after(batch);
            } else if (stage.isDone()) {
                batch.awaited = null;
                watched = null;
                batch = finishes(batch, stage) ? after(batch) : batch;
            } else {
                sendFollower(batch);
                batch = leave(batch, stage);
            }
        }
    }

    /** Starts the batch's next step; whatever goes wrong in it, the pipeline goes on. */
    private @Nullable CompletableFuture<?> step(Batch<T> batch) {
        try {
            return advance(batch);
        } catch (Throwable e) {
            batch.breakDown(e);
            return null;
        }
    }

    /** What comes after a batch that is finished. */
    private @Nullable Batch<T> after(Batch<T> finished) {
        undisturbed = finished.wentWell() ? undisturbed + 1 : 0;
        Batch<T> following = follower;
        if (following == null) {
            return next();
        }
        if (!finished.isDecided()) {
            following.loseGround();
        }
        current = following;
        follower = null;
        knowledge.limit();
        return following;
    }

    /**
     * Sends a second commit, built on what the one under way is going to leave, if enough operations wait for it: the store
     * and the threads here need not wait for each other. Not where other nodes have interfered lately, since it would come
     * to nothing each time they do.
     */
    private void sendFollower(Batch<T> first) {
        worthwhile = first.operations.size();
        if (!isOpen(first) || !backlog.holds(worthwhile) || backlog.peek() instanceof CommitOperation) {
            return;
        }
        Foresight foresight = foresee(first);
        if (foresight == null) {
            undisturbed = 0; // not to be tried again at once
            return;
        }
        Batch<T> batch = new Batch<>(this, poll(), context.startNanos());
        batch.follow(first, foresight);
        carried += batch.operations.size();
        CompletableFuture<?> stage = step(batch);
        if (stage != null) {
            batch.awaited = stage;
            follower = batch;
        }
    }

    /** Gives the operations back that followed a commit which will never be applied: theirs cannot be applied either. */
    private void recallFollower() {
        Batch<T> following = follower;
        if (following != null) {
            follower = null;
            following.operations.forEach(Operation::unsend);
            backlog.defer(following.operations);
        }
    }

    private @Nullable Foresight foresee(Batch<T> first) {
        try {
            return first.foresee();
        } catch (Throwable e) {
            LogEvent.PIPELINE_FORESIGHT_FAILED
                    .on(log)
                    .setCause(e)
                    .log(
                            "topic '{}': the backend failed to foresee a version; no second commit is sent",
                            topic().name());
            return null;
        }
    }

    /** Whether a second commit may follow. */
    private boolean isOpen(Batch<T> first) {
        return follower == null
                && undisturbed >= QUIET
                && carried < MAX_CARRIED
                && first.isFirstAttempt()
                && topic().options().retention().changes() > MAX_BATCH; // or the second may trim the first one's memory
    }

    /** Leaves ownership with the stage, whose completion goes on; returns what to go on with if it is complete already. */
    private @Nullable Batch<T> leave(Batch<T> batch, CompletableFuture<?> stage) {
        batch.share();
        current = batch;
        if (aborted) {
            abortAll(); // close() may have looked before
        }
        int left = isOpen(batch) ? PENDING : FULL;
        boolean isNew = watched != stage;
        watched = stage;
        List<Operation<T, ?>> settled = takeSettled();
        OWNED.setVolatile(this, left);
        if (isNew) {
            CompletableFuture<?> unused = stage.whenComplete((result, error) -> answered(batch));
        }
        boolean again = !isNew && stage.isDone() && OWNED.compareAndSet(this, left, RUNNING);
        wake(settled);
        return again ? current : null; // others may have gone on meanwhile
    }

    /** Has the pipeline go on with what was left pending, unless somebody has it who looks at the stage on leaving. */
    private void answered(Batch<T> batch) {
        int now = (int) OWNED.getVolatile(this);
        while (now == PENDING || now == FULL) {
            if (OWNED.compareAndSet(this, now, ANSWERED)) {
                handOver(batch, this::resume);
                return;
            }
            now = (int) OWNED.getVolatile(this);
        }
    }

    /** Has the task run by a caller of the batch that waits, or else by the dispatcher. */
    private void handOver(Batch<T> batch, Runnable task) {
        List<Operation<T, ?>> operations = batch.operations;
        for (int i = 0; i < operations.size(); i++) {
            if (operations.get(i).handOver(task)) {
                return;
            }
        }
        context.dispatcher().execute(task);
    }

    /** Whether the store is being waited for. */
    boolean isPending() {
        return (int) OWNED.getAcquire(this) >= PENDING;
    }

    private void resume() {
        OWNED.setVolatile(this, RUNNING);
        drive(current);
    }

    /** The next batch, or {@code null} after ownership was given up, to nobody or to the dispatcher. */
    private @Nullable Batch<T> next() {
        if (current != null) {
            current = null;
        }
        knowledge.limit();
        while (true) {
            List<Operation<T, ?>> operations = poll();
            if (!operations.isEmpty()) {
                carried += operations.size();
                Batch<T> batch = new Batch<>(this, operations, context.startNanos());
                if (carried <= MAX_CARRIED) {
                    return batch;
                }
                List<Operation<T, ?>> settled = takeSettled();
                context.dispatcher().execute(() -> drive(batch));
                wake(settled);
                return null;
            }
            List<Operation<T, ?>> settled = takeSettled();
            OWNED.setVolatile(this, FREE);
            wake(settled);
            if (backlog.isEmpty() || !OWNED.compareAndSet(this, FREE, RUNNING)) {
                return null;
            }
        }
    }

    /**
     * Wakes the caller of a settled operation after ownership was given up: a caller woken before would most often take
     * this thread's place on the processor, find the pipeline owned, and go to sleep again.
     */
    void wakeLater(Operation<T, ?> operation) {
        if (settled.isEmpty()) {
            settled = new ArrayList<>();
        }
        settled.add(operation);
    }

    /** Most often there is nobody to wake: then not even an iterator is made. */
    private static <T> void wake(List<Operation<T, ?>> settled) {
        if (!settled.isEmpty()) {
            settled.forEach(Operation::wakeCaller);
        }
    }

    private List<Operation<T, ?>> takeSettled() {
        List<Operation<T, ?>> taken = settled;
        if (!taken.isEmpty()) {
            settled = List.of();
        }
        return taken;
    }

    private List<Operation<T, ?>> poll() {
        Operation<T, ?> first = backlog.take();
        if (first == null) {
            return List.of();
        }
        if (first instanceof CommitOperation || backlog.peek() == null) {
            return List.of(first);
        }
        List<Operation<T, ?>> operations = new ArrayList<>();
        for (Operation<T, ?> next = first; next != null; next = backlog.take()) {
            operations.add(next);
            if (operations.size() == MAX_BATCH || backlog.peek() instanceof CommitOperation) {
                break;
            }
        }
        return operations;
    }

    /** Starts the batch's next step; {@code null} if the batch is finished. */
    private @Nullable CompletableFuture<?> advance(Batch<T> batch) {
        if (aborted) {
            batch.abort();
            return null;
        }
        if (batch.hadSetbacks()) {
            if (batch.commit() == null) {
                recallFollower();
            }
            if (batch.isAbandoned()) {
                knowledge.forgetAll();
                return null;
            }
            long pause = batch.takePause();
            if (pause > 0) {
                return pauseFor(pause);
            }
        }
        Commit commit = batch.commit();
        if (commit == null) {
            Set<String> missing = missing(batch);
            if (!missing.isEmpty()) {
                if (batch.foresight() != null) {
                    backlog.defer(batch.operations); // reading has to wait for the commit under way
                    undisturbed = 0;
                    return null;
                }
                return read(missing);
            }
            commit = prepare(batch);
            if (commit == null) {
                return null;
            }
        }
        return followed ? sendFollowed(batch, commit) : send(commit);
    }

    private CompletableFuture<CommitResult> sendFollowed(Batch<T> batch, Commit commit) {
        List<Operation<T, ?>> operations = batch.operations;
        SyncTracing.Span span =
                context.tracing().commit(topic().name(), operations.get(0).span(), operations.size());
        CompletableFuture<CommitResult> answer = send(commit);
        CompletableFuture<?> unused = answer.whenComplete((result, failure) -> span.end(outcome(result), failure));
        return answer;
    }

    private static String outcome(@Nullable CommitResult result) {
        if (result instanceof Committed) {
            return "committed";
        }
        return result instanceof CommitResult.Conflict ? "conflict" : result == null ? "failed" : "too_old";
    }

    private CompletableFuture<CommitResult> send(Commit commit) {
        try {
            return context.backend().commit(commit).toCompletableFuture();
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<?> read(Set<String> missing) {
        try {
            return context.backend()
                    .read(topic().name(), Selection.keys(List.copyOf(missing)))
                    .thenApply(page -> new Reading(missing, page))
                    .toCompletableFuture();
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<?> pauseFor(long nanos) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        context.timer().schedule(() -> over.complete(null), Duration.ofNanos(nanos));
        return over;
    }

    /** Takes in what a step brought, and whatever goes wrong in that; true if the batch is finished. */
    private boolean finishes(Batch<T> batch, CompletableFuture<?> stage) {
        try {
            return absorb(batch, stage);
        } catch (Throwable e) {
            batch.breakDown(e);
            return true;
        }
    }

    private boolean absorb(Batch<T> batch, CompletableFuture<?> stage) {
        Object result;
        try {
            result = stage.join();
        } catch (CompletionException e) {
            return batch.absorb(e.getCause() == null ? e : e.getCause());
        } catch (RuntimeException e) {
            return batch.absorb(e);
        }
        if (result instanceof CommitResult answer) {
            return batch.absorb(answer);
        }
        if (result instanceof Reading reading) {
            reading.keys.forEach(key -> knowledge.learn(key, Known.ABSENT));
            reading.page.entries().forEach(entry -> knowledge.learn(entry.key(), Known.of(entry)));
            knowledge.learnHead(reading.page.head());
        }
        return false; // a reading, or the end of a pause
    }

    /** Takes note of what a commit did to the topic, before its callers are told. */
    void acknowledge(Committed committed) {
        knowledge.learnHead(committed.head());
        Replica<T> view = replica;
        if (view != null) {
            view.acknowledged(committed.outcomes());
        }
    }

    private record Reading(Set<String> keys, Page page) {}

    // --- applying ---------------------------------------------------------------------------------------------------

    /** The keys some operation reads and nothing is known of. */
    private Set<String> missing(Batch<T> batch) {
        catchUp();
        Foresight foresight = batch.foresight();
        Set<String> missing = Set.of();
        List<Operation<T, ?>> operations = batch.operations;
        for (int i = 0; i < operations.size(); i++) {
            String key = operations.get(i).reads();
            if (key != null && knowledge.of(key) == null && (foresight == null || foresight.of(key) == null)) {
                missing = missing.isEmpty() ? new LinkedHashSet<>() : missing;
                missing.add(key);
            }
        }
        return missing;
    }

    /** Applies the operations; the commit that carries them, or {@code null} if all callers have given up. */
    private @Nullable Commit prepare(Batch<T> batch) {
        while (true) {
            batch.withdrawDone();
            List<Operation<T, ?>> operations = batch.operations;
            if (operations.isEmpty()) {
                return null;
            }
            CommitOperation<T> alone = batch.alone();
            if (alone != null) {
                return alone.send() ? sending(batch, alone.commit(nextRequest(), knowledge.head()), null) : null;
            }
            Draft<T> draft = new Draft<>(this, operations.size(), batch.foresight());
            int applied = apply(batch, draft);
            if (applied < operations.size()) {
                backlog.defer(operations.subList(applied, operations.size()));
                batch.operations = List.copyOf(operations.subList(0, applied));
                if (draft.isOverweight()) {
                    continue;
                }
            }
            if (aborted) {
                batch.abort();
                return null;
            }
            if (batch.sendAll()) {
                return sending(batch, commit(draft.checks(), draft.mutations(), draft.headers()), draft);
            }
        }
    }

    private Commit sending(Batch<T> batch, Commit commit, @Nullable Draft<T> draft) {
        batch.sending(commit, draft);
        return commit;
    }

    /** Applies as many operations as one commit can carry, and returns how many those are. */
    private int apply(Batch<T> batch, Draft<T> draft) {
        List<Operation<T, ?>> operations = batch.operations;
        for (int i = 0; i < operations.size(); i++) {
            if (i > 0 && (draft.isFull() || (i % HURRY == 0 && batch.holdsUpAnother()))) {
                return i;
            }
            draft.take(operations.get(i).headers());
            operations.get(i).apply(draft);
            if (i > 0 && draft.isOverweight()) {
                return i;
            }
        }
        return operations.size();
    }

    private Commit commit(List<Check> checks, List<Mutation> mutations, List<Map<String, String>> headers) {
        return new Commit(
                topic().name(),
                nextRequest(),
                knowledge.head(),
                checks,
                mutations,
                Selection.none(),
                topic().options(),
                headers);
    }

    private RequestId nextRequest() {
        return new RequestId(sender, ++sequence);
    }

    /** Something failed that must not (a codec, a meter, this very code): what is believed may be half of the truth. */
    void brokeDown(Throwable reason) {
        knowledge.forgetAll();
        LogEvent.PIPELINE_FAILED
                .on(log)
                .setCause(reason)
                .log("topic '{}': a step of an update failed; the topic goes on", topic().name());
    }

    void countFailure(Throwable reason) {
        if (reason instanceof OutcomeUnknownException) {
            context.metrics().unknown(topic().name(), 1);
        } else if (reason instanceof NotAppliedException) {
            context.metrics().notApplied(topic().name(), 1);
        }
    }

    /** Takes over what the replica has heard of other nodes, so that the first try is not lost. */
    private void catchUp() {
        Replica<T> view = replica;
        if (view != null && knowledge.isBehind(view.current().version())) {
            knowledge.learnIfNewer(view.known());
        }
    }

    // --- closing ----------------------------------------------------------------------------------------------------

    void requireOpen() {
        if (refusing) {
            throw new ServiceClosedException("the service is closed; topic '" + topic().name() + "' was not touched");
        }
    }

    void refuseNew() {
        refusing = true;
    }

    /** Calls that wait for their outcome; an estimate. */
    int pending() {
        int underWay = size(current) + size(follower);
        return backlog.size() + (underWay == 0 && (int) OWNED.getVolatile(this) != FREE ? 1 : underWay);
    }

    private static int size(@Nullable Batch<?> batch) {
        return batch == null ? 0 : batch.operations.size();
    }

    /** Waits until nothing is under way, or the time has come. */
    void awaitIdle(long endNanos) {
        while ((int) OWNED.getVolatile(this) != FREE || !backlog.isEmpty()) {
            long left = endNanos - context.time().nanos();
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                return;
            }
            LockSupport.parkNanos(this, Math.min(left, Duration.ofMillis(1).toNanos()));
        }
    }

    /** Ends what is still under way; each caller learns what is known of its operation. */
    void close() {
        refusing = true;
        aborted = true;
        abortAll();
        for (Operation<T, ?> waiting = backlog.take(); waiting != null; waiting = backlog.take()) {
            waiting.abort();
        }
    }

    private void abortAll() {
        Batch<T> second = follower; // looked at first: it may become the current one meanwhile
        Batch<T> first = current;
        if (second != null) {
            second.abort();
        }
        if (first != null) {
            first.abort();
        }
    }
}
