package io.distsync;

import io.distsync.backend.Check;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.FailedCheck;
import io.distsync.backend.CommitResult.TooOld;
import io.distsync.backend.Mutation;
import io.distsync.backend.Page;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Selection;
import io.distsync.error.BackendUnavailableException;
import io.distsync.error.ConflictException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.ServiceClosedException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

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
     * pipeline free and nothing queued runs its operation at once; otherwise it queues it and waits. When a stage of the
     * backend is pending, ownership stays with it, without a thread, and its completion goes on on the dispatcher. Who
     * gives ownership up looks at the queue once more, so no operation is left behind: it was either seen by the owner's
     * last look, or its caller finds the pipeline free after queueing it.
     *
     * Outcomes. Functions run on what the service believes to be the state. Every batch therefore carries a check of each
     * entry it read, and no outcome (value, no-op, exception, conflict) is released before the store has confirmed the
     * checks, if need be by a commit that has nothing else.
     *
     * Attempts. A commit keeps its request id until its fate is known. An attempt whose outcome is unknown makes the
     * batch `uncertain`: from then on it is repeated as it is, and callers who give up report "unknown".
     */

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
    private static final int PENDING = 2;

    /** How often a caller looks whether a running owner is done before it queues its operation; microseconds in all. */
    private static final int TRIES = Runtime.getRuntime().availableProcessors() > 1 ? 6 : 1;

    /** Spins between the first look and the second. */
    private static final int FIRST_PAUSE = 16;

    private static final long NOBODY = -1;
    private static final int MAX_BATCH = Limits.MAX_MUTATIONS;
    private static final int MAX_KNOWN = 256;

    /** How many operations a caller carries for others before it leaves the rest to the dispatcher. */
    private static final int MAX_CARRIED = 4_096;

    private static final int CONFLICTS_BEFORE_BACKOFF = 3;
    private static final long MIN_BACKOFF_NANOS = Duration.ofMillis(1).toNanos();
    private static final long MAX_BACKOFF_NANOS = Duration.ofMillis(250).toNanos();

    private final TopicFormat<T> format;
    private final ServiceContext context;

    private final Backlog<T> backlog = new Backlog<>();

    @SuppressWarnings("UnusedVariable") // by VarHandle
    private int owned = FREE;

    private volatile boolean refusing;
    private volatile boolean aborted;
    private volatile @Nullable Batch<T> current;
    private volatile @Nullable Replica<T> replica;

    // The owner's.
    private @Nullable Known single;
    private @Nullable Map<String, Known> others;
    private Version head = Version.ABSENT; // status reads it too: an older value does no harm
    private int carried;
    private List<Operation<T, ?>> settled = List.of();
    private long sequence;
    private final long sender = ThreadLocalRandom.current().nextLong();

    /** The id of the thread inside a user's function; a thread only looks for its own, so a stale read is harmless. */
    private long calling = NOBODY;

    UpdatePipeline(TopicFormat<T> format, ServiceContext context) {
        this.format = format;
        this.context = context;
    }

    Topic<T> topic() {
        return format.topic();
    }

    TopicFormat<T> format() {
        return format;
    }

    boolean serializes() {
        return context.limits().serializes();
    }

    ServiceContext context() {
        return context;
    }

    int maxPayloadBytes() {
        return context.limits().maxPayloadBytes();
    }

    /** The replica that learns of own writes at once, and tells of others' before they collide. */
    void attach(@Nullable Replica<T> value) {
        replica = value;
    }

    /**
     * The newest single state this pipeline has heard of, if any. Read without ownership: a thread whose operation has
     * ended sees at least what that operation left, because its outcome was published after it.
     */
    @Nullable
    Known lastHeard() {
        return single;
    }

    /** The newest version of the topic this pipeline has heard of. */
    Version head() {
        Known latest = single;
        return latest != null && latest.version().isNewerThan(head) ? latest.version() : head;
    }

    // --- submitting -------------------------------------------------------------------------------------------------

    /** Takes the operation on; its outcome may be there on return. */
    void submit(Operation<T, ?> operation) {
        if (calling == Thread.currentThread().getId()) {
            throw new IllegalStateException("an update function of topic '" + topic().name()
                    + "' must not update its own topic: return the new state instead");
        }
        requireOpen();
        if (own()) {
            operation.keepPrivate();
            drive(new Batch<>(this, List.of(operation)));
            return;
        }
        backlog.add(operation);
        if (OWNED.compareAndSet(this, FREE, RUNNING)) {
            drive(null);
        }
    }

    /**
     * Becomes the owner if nobody waits for that, and the present owner leaves soon. The growing pauses leave the owner
     * the time to come back several times: everything it touches is in its processor's cache, and would have to move with
     * the ownership.
     */
    private boolean own() {
        int pause = FIRST_PAUSE;
        for (int i = 0; i < TRIES && backlog.isEmpty(); i++) {
            int now = (int) OWNED.getAcquire(this);
            if (now == FREE && OWNED.compareAndSet(this, FREE, RUNNING)) {
                return true;
            }
            if (now == PENDING) {
                return false;
            }
            for (int j = 0; j < pause; j++) {
                Thread.onSpinWait();
            }
            pause *= 2;
        }
        return false;
    }

    /** Runs a user's function; see {@link #submit}. */
    T call(UnaryOperator<T> update, T before) {
        calling = Thread.currentThread().getId();
        try {
            return update.apply(before);
        } finally {
            calling = NOBODY;
        }
    }

    // --- the owner's loop -------------------------------------------------------------------------------------------

    /** Works on the batch, and then on whatever is queued, until nothing is left or a stage is pending. */
    private void drive(@Nullable Batch<T> start) {
        carried = 0;
        Batch<T> batch = start == null ? next() : start;
        while (batch != null) {
            CompletableFuture<?> stage = advance(batch);
            if (stage == null) {
                batch = next();
            } else if (stage.isDone()) {
                batch = absorb(batch, stage) ? next() : batch;
            } else {
                leave(batch, stage);
                return;
            }
        }
    }

    /** Leaves ownership with the stage; its completion goes on. */
    private void leave(Batch<T> batch, CompletableFuture<?> stage) {
        batch.operations.forEach(Operation::share);
        current = batch;
        List<Operation<T, ?>> settled = takeSettled();
        OWNED.setVolatile(this, PENDING);
        CompletableFuture<?> unused =
                stage.whenComplete((result, error) -> context.dispatcher().execute(() -> resume(batch, stage)));
        wake(settled);
    }

    private void resume(Batch<T> batch, CompletableFuture<?> stage) {
        OWNED.setVolatile(this, RUNNING);
        drive(absorb(batch, stage) ? null : batch);
    }

    /** The next batch, or {@code null} after ownership was given up, to nobody or to the dispatcher. */
    private @Nullable Batch<T> next() {
        if (current != null) {
            current = null;
        }
        if (others != null && others.size() > MAX_KNOWN) {
            others = null;
        }
        while (true) {
            List<Operation<T, ?>> operations = poll();
            if (!operations.isEmpty()) {
                carried += operations.size();
                Batch<T> batch = new Batch<>(this, operations);
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
        if (first instanceof CommitOperation || backlog.isEmpty()) {
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
            batch.operations.forEach(Operation::abort);
            return null;
        }
        if (batch.setbacks > 0) {
            if (isAbandoned(batch)) {
                unlearnAll();
                return null;
            }
            long pause = batch.pauseNanos;
            if (pause > 0) {
                batch.pauseNanos = 0;
                return pauseFor(pause);
            }
        }
        Commit commit = batch.commit;
        if (commit == null) {
            Set<String> missing = missing(batch);
            if (!missing.isEmpty()) {
                return read(missing);
            }
            commit = prepare(batch);
            if (commit == null) {
                return null;
            }
            batch.commit = commit;
        }
        try {
            return context.backend().commit(commit).toCompletableFuture();
        } catch (RuntimeException e) {
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

    /** Takes in what a step brought; true if the batch is finished. */
    private boolean absorb(Batch<T> batch, CompletableFuture<?> stage) {
        Object result;
        try {
            result = stage.join();
        } catch (CompletionException e) {
            return absorbFailure(batch, e.getCause() == null ? e : e.getCause());
        } catch (RuntimeException e) {
            return absorbFailure(batch, e);
        }
        if (result instanceof Committed committed) {
            settle(batch, committed);
            return true;
        }
        if (result instanceof Conflict conflict) {
            return absorbConflict(batch, conflict);
        }
        if (result instanceof TooOld tooOld) {
            return absorbTooOld(batch, tooOld);
        }
        if (result instanceof Reading reading) {
            reading.keys.forEach(key -> learn(key, Known.ABSENT));
            reading.page.entries().forEach(entry -> learn(entry.key(), Known.of(entry)));
            learnHead(reading.page.head());
        }
        return false; // a reading, or the end of a pause
    }

    private record Reading(Set<String> keys, Page page) {}

    // --- applying ---------------------------------------------------------------------------------------------------

    /** The keys some operation reads and nothing is known of. */
    private Set<String> missing(Batch<T> batch) {
        catchUp();
        Set<String> missing = Set.of();
        List<Operation<T, ?>> operations = batch.operations;
        for (int i = 0; i < operations.size(); i++) {
            String key = operations.get(i).reads();
            if (key != null && known(key) == null) {
                missing = missing.isEmpty() ? new LinkedHashSet<>() : missing;
                missing.add(key);
            }
        }
        return missing;
    }

    /** Applies the operations; the commit that carries them, or {@code null} if all callers have given up. */
    private @Nullable Commit prepare(Batch<T> batch) {
        while (true) {
            batch.reset();
            batch.operations = withoutDone(batch.operations);
            List<Operation<T, ?>> operations = batch.operations;
            if (operations.isEmpty()) {
                return null;
            }
            CommitOperation<T> alone = batch.alone();
            if (alone != null) {
                return alone.send() ? alone.commit(nextRequest(), head()) : null;
            }
            int applied = apply(batch);
            if (applied < operations.size()) {
                boolean again = batch.isOverweight();
                backlog.defer(operations.subList(applied, operations.size()));
                batch.operations = List.copyOf(operations.subList(0, applied));
                if (again) {
                    continue;
                }
            }
            if (aborted) {
                batch.operations.forEach(Operation::abort);
                return null;
            }
            if (sendAll(batch.operations)) {
                return new Commit(
                        topic().name(),
                        nextRequest(),
                        head(),
                        batch.checks(),
                        batch.mutations(),
                        Selection.none(),
                        topic().options());
            }
        }
    }

    /** Applies as many operations as one commit can carry, and returns how many those are. */
    private int apply(Batch<T> batch) {
        List<Operation<T, ?>> operations = batch.operations;
        for (int i = 0; i < operations.size(); i++) {
            if (i > 0 && batch.isFull()) {
                return i;
            }
            operations.get(i).apply(batch);
            if (i > 0 && batch.isOverweight()) {
                return i;
            }
        }
        return operations.size();
    }

    /** Marks all as sent, or none: if somebody has given up, the others must be applied anew without that one. */
    private boolean sendAll(List<Operation<T, ?>> operations) {
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

    private static <T> List<Operation<T, ?>> withoutDone(List<Operation<T, ?>> operations) {
        for (int i = 0; i < operations.size(); i++) {
            if (operations.get(i).isDone()) {
                return operations.stream()
                        .filter(operation -> !operation.isDone())
                        .toList();
            }
        }
        return operations;
    }

    private RequestId nextRequest() {
        return new RequestId(sender, ++sequence);
    }

    // --- outcomes ---------------------------------------------------------------------------------------------------

    private void settle(Batch<T> batch, Committed committed) {
        CommitOperation<T> alone = batch.alone();
        if (alone != null) {
            alone.touchedKeys(committed).forEach(this::unlearn);
        } else {
            learn(batch.firstCell(), batch, committed);
            if (batch.hasOtherCells()) {
                batch.otherCells().forEach(cell -> learn(cell, batch, committed));
            }
        }
        learnHead(committed.head());
        Replica<T> view = replica;
        if (view != null) {
            view.acknowledged(committed.outcomes());
        }
        List<Operation<T, ?>> operations = batch.operations;
        for (int i = 0; i < operations.size(); i++) {
            operations.get(i).settle(batch, committed);
        }
        if (context.metrics().isEnabled()) {
            Duration elapsed = Duration.ofNanos(context.time().nanos() - batch.startedNanos);
            int succeeded = (int) operations.stream()
                    .filter(operation -> !operation.isFailed())
                    .count();
            context.metrics().committed(topic().name(), succeeded, elapsed);
        }
    }

    private boolean absorbConflict(Batch<T> batch, Conflict conflict) {
        learnHead(conflict.head());
        if (batch.uncertain && !isFinal(conflict)) {
            unlearnAll();
            failAll(
                    batch,
                    new OutcomeUnknownException(
                            "an earlier attempt got no answer and may still be on its way to topic '" + topic().name()
                                    + "', where what it expects may come true again"));
            return true;
        }
        CommitOperation<T> alone = batch.alone();
        if (alone != null) {
            alone.settle(conflict);
            return true;
        }
        for (FailedCheck failed : conflict.failed()) {
            learn(((Check.VersionIs) failed.check()).key(), Known.of(failed.entry()));
        }
        context.metrics().conflict(topic().name());
        again(batch);
        if (batch.setbacks > CONFLICTS_BEFORE_BACKOFF) {
            batch.pauseNanos = pause(batch.setbacks - CONFLICTS_BEFORE_BACKOFF);
        }
        int budget = context.settings().maxConflicts();
        for (Operation<T, ?> operation : batch.operations) {
            if (operation.lostAgain() >= budget) {
                operation.fail(new ConflictException(
                        "lost against other writers of topic '" + topic().name() + "' " + budget
                                + " times; it is now at " + conflict.head(),
                        conflict.head()));
            }
        }
        return false;
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
    private boolean absorbTooOld(Batch<T> batch, TooOld tooOld) {
        unlearnAll();
        learnHead(tooOld.head());
        if (batch.uncertain) {
            failAll(
                    batch,
                    new OutcomeUnknownException("topic '" + topic().name()
                            + "' went on so far that the store no longer knows whether it applied this; it is now at "
                            + tooOld.head()));
            return true;
        }
        again(batch);
        return false;
    }

    private boolean absorbFailure(Batch<T> batch, Throwable reason) {
        boolean sent = batch.commit != null;
        if (reason instanceof OutcomeUnknownException) {
            batch.uncertain = sent;
            batch.setbacks++;
            batch.pauseNanos = pause(batch.setbacks);
            return false;
        }
        if (reason instanceof BackendUnavailableException) {
            if (batch.uncertain) {
                batch.setbacks++;
            } else {
                again(batch);
            }
            batch.pauseNanos = pause(batch.setbacks);
            return false;
        }
        unlearnAll();
        if (batch.uncertain) {
            failAll(
                    batch,
                    new OutcomeUnknownException(
                            "an earlier attempt may have been applied, and the store now refuses to tell", reason));
        } else if (!sent || reason instanceof NotAppliedException || reason instanceof IllegalArgumentException) {
            failAll(batch, reason);
        } else {
            failAll(batch, new OutcomeUnknownException("the backend failed in a way it does not declare", reason));
        }
        return true;
    }

    /** Prepares to apply the operations once more; the store has said that nothing of them was applied. */
    private void again(Batch<T> batch) {
        batch.commit = null;
        batch.setbacks++;
        batch.operations.forEach(Operation::unsend);
    }

    private static long pause(int setbacks) {
        long ceiling = Math.min(MAX_BACKOFF_NANOS, MIN_BACKOFF_NANOS << Math.min(20, setbacks));
        return ThreadLocalRandom.current().nextLong(ceiling / 2, ceiling);
    }

    private CompletableFuture<?> pauseFor(long nanos) {
        CompletableFuture<Void> over = new CompletableFuture<>();
        context.timer().schedule(() -> over.complete(null), Duration.ofNanos(nanos));
        return over;
    }

    private void failAll(Batch<T> batch, Throwable reason) {
        batch.operations.forEach(operation -> operation.fail(reason));
    }

    private static <T> boolean isAbandoned(Batch<T> batch) {
        return batch.operations.stream().allMatch(Operation::isDone);
    }

    void countFailure(Throwable reason) {
        if (reason instanceof OutcomeUnknownException) {
            context.metrics().unknown(topic().name(), 1);
        } else if (reason instanceof NotAppliedException) {
            context.metrics().notApplied(topic().name(), 1);
        }
    }

    // --- knowledge --------------------------------------------------------------------------------------------------

    /** What is believed of an entry, or {@code null} if nothing is. */
    @Nullable
    Known known(String key) {
        if (key.isEmpty()) {
            return single;
        }
        return others == null ? null : others.get(key);
    }

    private void learn(String key, Known known) {
        if (key.isEmpty()) {
            single = known;
            return;
        }
        Map<String, Known> map = others;
        if (map == null) {
            map = new HashMap<>();
            others = map;
        }
        map.put(key, known);
    }

    private void learn(@Nullable Cell cell, Batch<T> batch, Committed committed) {
        if (cell != null && cell.isWritten()) {
            learn(cell.key, batch.result(cell, committed));
        }
    }

    private void unlearn(String key) {
        if (key.isEmpty()) {
            single = null;
        } else if (others != null) {
            others.remove(key);
        }
    }

    private void unlearnAll() {
        single = null;
        others = null;
    }

    /** Remembers the newest version heard of; most often it is the single entry's, and needs no second place. */
    private void learnHead(Version version) {
        Known latest = single;
        if (latest == null || !latest.version().equals(version)) {
            head = version;
        }
    }

    /** Takes over what the replica has heard of other nodes, so that the first try is not lost. */
    private void catchUp() {
        Replica<T> view = replica;
        if (view == null) {
            return;
        }
        Known seen = view.known();
        if (seen != null && (single == null || seen.version().isNewerThan(single.version()))) {
            single = seen;
        }
    }

    // --- limits -----------------------------------------------------------------------------------------------------

    /**
     * Refuses a commit that is too large to be sent.
     *
     * @throws IllegalArgumentException if these payloads together are over the limit of a commit
     */
    void requireSmall(List<Mutation> mutations) {
        if (!serializes()) {
            return;
        }
        long bytes = 0;
        for (Mutation mutation : mutations) {
            Payload payload = mutation.payload();
            bytes += payload == null ? 0 : payload.bytes().length;
        }
        if (bytes > maxPayloadBytes()) {
            throw new IllegalArgumentException("the values of a commit to topic '" + topic().name() + "' have " + bytes
                    + " bytes, but may have at most " + maxPayloadBytes() + " (sync.max-payload-size)");
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
        Batch<T> batch = current;
        int underWay = batch == null ? 0 : batch.operations.size();
        return backlog.size() + (underWay == 0 && (int) OWNED.getVolatile(this) != FREE ? 1 : underWay);
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
        Batch<T> batch = current;
        if (batch != null) {
            batch.operations.forEach(Operation::abort);
        }
        for (Operation<T, ?> waiting = backlog.takeQueued(); waiting != null; waiting = backlog.takeQueued()) {
            waiting.abort();
        }
    }
}
