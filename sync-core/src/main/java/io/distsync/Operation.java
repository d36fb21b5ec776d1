package io.distsync;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.error.DeadlineExceededException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.ServiceClosedException;
import io.distsync.time.Scheduler;
import io.distsync.version.Limits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call on its way through the update pipeline.
 *
 * @param <T> type of the topic's values
 * @param <R> what the call returns
 */
abstract class Operation<T, R> {

    /*
     * Threads. The owner of the pipeline applies the operation and reports its outcome; the caller waits for it, or
     * gives up. They meet in `state`, which goes WAITING <-> SENT -> outcome, or WAITING -> outcome, by compare-and-set:
     * whoever puts the outcome there decides it. Who gives up while WAITING knows that nothing was applied; while SENT,
     * that it is unknown. `waiter` is written by the caller before it looks at `state` for the last time, and read by the
     * owner after it put the outcome there, so that one of them always sees the other.
     *
     * A caller that waits has nothing better to do than to go on with the pipeline when the store has answered: that
     * spares the way over another thread. Such an errand is left in `errand`, empty from before the operation is submitted
     * until its caller stops waiting; who finds one there on leaving passes it on. A caller that does not wait may have named
     * an executor, which gets the errands and the end of the future instead.
     */

    private static final Object WAITING = new Object();
    private static final Object SENT = new Object();

    /** How often a caller looks for its outcome, spinning, and then how often yielding, before it parks. */
    private static final int SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 50 : 0;

    private static final int YIELDS = 8;

    private static final Object NO_ERRANDS = new Object();

    private static final VarHandle STATE;
    private static final VarHandle ERRAND;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Operation.class, "state", Object.class);
            ERRAND = MethodHandles.lookup().findVarHandle(Operation.class, "errand", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final UpdatePipeline<T> pipeline;
    /** WAITING, SENT, the result, or a Failure. */
    @SuppressWarnings("UnusedVariable") // by VarHandle
    private Object state = WAITING;

    private volatile @Nullable Object waiter; // a Thread or an OperationFuture
    private volatile @Nullable Object errand = NO_ERRANDS; // a Runnable
    private @Nullable Executor executor; // written before it is submitted
    private long deadline; // caller
    private int conflicts; // owner

    // Written before it is submitted.
    private SyncTracing.Span span = SyncTracing.Span.NONE;
    private Map<String, String> headers = Map.of();
    private boolean isPart;

    /** Whether only the caller knows of it, being the owner itself: nobody to race with. */
    private boolean isPrivate;

    Operation(UpdatePipeline<T> pipeline) {
        this.pipeline = pipeline;
    }

    /** Takes part in a draft: reads cells, runs functions, adds checks and mutations. Must not throw. Owner only. */
    abstract void apply(Draft<T> draft);

    /** Reports what came of it, after the draft was committed. Owner only. */
    abstract void settle(Draft<T> draft, Committed committed);

    /** What it is called where calls are followed. */
    abstract String kind();

    /** The key whose state has to be known before {@link #apply}, or {@code null}. */
    @Nullable
    String reads() {
        return null;
    }

    /** Goes on its way; the caller is going to wait for the outcome, or is not. */
    void submit(boolean patient) {
        pipeline.submit(this, patient);
    }

    // --- being followed ---------------------------------------------------------------------------------------------

    /** Begins to be followed. Caller only, before the operation is submitted. */
    final void follow(SyncTracing tracing) {
        if (!isPart) {
            take(tracing.call(pipeline.topic().name(), kind()));
        }
    }

    /**
     * Is a part of a call that began before, ends by that deadline and ends its span itself. Caller only, before the operation
     * is submitted.
     */
    final void partOf(long callDeadline, SyncTracing.Span call) {
        isPart = true;
        deadline = callDeadline;
        take(call);
    }

    private void take(SyncTracing.Span begun) {
        span = begun;
        try {
            headers = Limits.checkHeaders(begun.headers());
        } catch (IllegalArgumentException e) {
            headers = Map.of(); // what is said of a call must not be what makes it fail
        }
    }

    final SyncTracing.Span span() {
        return span;
    }

    /** What travels with its changes. */
    final Map<String, String> headers() {
        return headers;
    }

    // --- the owner's side -------------------------------------------------------------------------------------------

    /** Marks it as carried by its own caller, who will not look at it before the owner's loop has returned. */
    final void keepPrivate() {
        isPrivate = true;
    }

    /** Ends that: somebody else goes on with it. */
    final void share() {
        isPrivate = false;
    }

    /** Withdraws the caller's right to say "not applied"; false if the caller has given up. */
    final boolean send() {
        if (isPrivate) {
            STATE.set(this, SENT);
            return true;
        }
        if (waiter == Thread.currentThread() && isOverdue()) {
            expire(); // its caller, on an errand, has not looked at the clock
            return false;
        }
        return STATE.compareAndSet(this, WAITING, SENT);
    }

    /** Gives it back after the store said that nothing was applied; false if the caller has given up. */
    final boolean unsend() {
        if (isPrivate) {
            STATE.set(this, WAITING);
            return true;
        }
        return STATE.compareAndSet(this, SENT, WAITING);
    }

    final boolean isDone() {
        Object now = STATE.getAcquire(this);
        return now != WAITING && now != SENT;
    }

    final boolean isFailed() {
        return STATE.getAcquire(this) instanceof Failure;
    }

    /** Counts a lost race. */
    final int lostAgain() {
        return ++conflicts;
    }

    final void succeed(R result) {
        finish(result);
    }

    final void fail(Throwable reason) {
        finish(new Failure(reason));
    }

    private void finish(Object outcome) {
        if (isPrivate) {
            STATE.set(this, outcome);
            ended(outcome);
            return;
        }
        if (!STATE.compareAndSet(this, SENT, outcome) && !STATE.compareAndSet(this, WAITING, outcome)) {
            return;
        }
        ended(outcome);
        if (waiter != null) {
            wakeSoon();
        }
    }

    /** Wakes the caller as soon as the thread that settled this is done with more important things. */
    void wakeSoon() {
        pipeline.wakeLater(this);
    }

    // --- the caller's side ------------------------------------------------------------------------------------------

    /** Gives up; the outcome then is "not applied" or "unknown", unless it came first. */
    final void giveUp(NotAppliedException notApplied, String unknown) {
        while (!isDone()) {
            if (STATE.compareAndSet(this, WAITING, new Failure(notApplied))
                    || STATE.compareAndSet(this, SENT, new Failure(new OutcomeUnknownException(unknown)))) {
                ended(STATE.getAcquire(this));
                return;
            }
        }
    }

    private void ended(Object outcome) {
        Throwable reason = outcome instanceof Failure failure ? failure.reason() : null;
        if (reason != null) {
            pipeline.countFailure(reason);
        }
        if (span != SyncTracing.Span.NONE && !isPart) {
            span.end(reason == null ? goodEnd(outcome) : badEnd(reason), reason);
        }
    }

    private static String goodEnd(Object outcome) {
        return outcome instanceof CasResult.Conflict || outcome instanceof CommitOutcome.Conflict
                ? "conflict"
                : "applied";
    }

    static String badEnd(Throwable reason) {
        if (reason instanceof OutcomeUnknownException) {
            return "unknown";
        }
        return reason instanceof NotAppliedException || reason instanceof CancellationException
                ? "not_applied"
                : "failed";
    }

    /** Ends it because its service is closing; the caller learns what is known. */
    final void abort() {
        Object before = STATE.getAcquire(this);
        String closed = "the service was closed";
        giveUp(
                new ServiceClosedException(closed + " before it was sent"),
                closed + " after it was sent; it may be applied");
        if (before == WAITING || before == SENT) {
            wakeCaller();
        }
    }

    final void wakeCaller() {
        Object waiting = waiter;
        if (waiting instanceof Thread thread) {
            if (thread != Thread.currentThread()) {
                LockSupport.unpark(thread);
            }
        } else if (waiting != null) {
            complete((OperationFuture<?>) waiting);
        }
    }

    private void complete(OperationFuture<?> future) {
        if (executor == null) {
            pipeline.context().dispatcher().complete(future::complete);
        } else {
            executor.execute(future::complete);
        }
    }

    private void expire() {
        ServiceContext context = pipeline.context();
        String after = "no outcome within " + context.settings().timeout();
        giveUp(new DeadlineExceededException(after + "; it was not sent"), after + "; it was sent, and may be applied");
    }

    /** Submits it and waits for the outcome, within the service's timeout. */
    final R run() {
        attend();
        submit(true);
        return await();
    }

    /** Promises to {@link #await} the outcome, and to run errands meanwhile. Before it is submitted. */
    final void attend() {
        ERRAND.set(this, null);
    }

    /** Has the task run by the caller, if that is waiting or going to wait, or by its executor. */
    final boolean handOver(Runnable task) {
        if (executor != null) {
            executor.execute(() -> Dispatcher.guard(task));
            return true;
        }
        if (errand != null || !ERRAND.compareAndSet(this, null, task)) {
            return false;
        }
        wakeCaller();
        return true;
    }

    /** What an errand does may leave another one, even without waking this thread: look again before parking. */
    private boolean ranErrand() {
        if (errand instanceof Runnable task) {
            errand = null;
            Dispatcher.guard(task);
            return true;
        }
        return false;
    }

    private void stopErrands() {
        if (ERRAND.getAndSet(this, NO_ERRANDS) instanceof Runnable left) {
            pipeline.context().dispatcher().execute(left);
        }
    }

    /** Submits it; dependents of the outcome run on the dispatcher, unless it is there on return. */
    final CompletableFuture<R> start() {
        submit(false);
        return future();
    }

    /** The same on that executor, which also goes on with the pipeline when the store has answered. */
    final CompletableFuture<R> start(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return start();
    }

    /** Waits for the outcome, within the service's timeout. */
    final R await() {
        try {
            if (!isDone()) {
                linger();
                park();
            }
        } finally {
            stopErrands();
        }
        return result();
    }

    /** Waits as long as parking and being woken would take, unless the store is being waited for. */
    @SuppressWarnings("ThreadPriorityCheck") // only a hint: without it the caller parks a little sooner
    private void linger() {
        for (int i = 0; i < SPINS + YIELDS && !isDone() && !pipeline.isPending(); i++) {
            if (i < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    private boolean isOverdue() {
        return leftNanos() <= 0;
    }

    private long leftNanos() {
        return deadline - pipeline.context().time().nanos();
    }

    private void beginToWait() {
        if (!isPart) {
            deadline = pipeline.context().deadlineNanos();
        }
    }

    private void park() {
        beginToWait();
        waiter = Thread.currentThread();
        boolean interrupted = false;
        while (!isDone()) {
            if (Thread.interrupted()) {
                interrupted = true;
                giveUp(
                        new NotAppliedException(
                                "interrupted while waiting; it was not sent", new InterruptedException()),
                        "interrupted while waiting; it was sent, and may be applied");
            } else if (!ranErrand()) {
                long left = leftNanos();
                if (left <= 0) {
                    expire();
                } else {
                    LockSupport.parkNanos(this, left);
                }
            }
        }
        waiter = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings("unchecked") // what is neither a mark nor a failure is an R
    private R result() {
        Object outcome = STATE.getAcquire(this);
        if (outcome instanceof Failure failure) {
            throw raise(failure.reason());
        }
        return (R) outcome;
    }

    /** The exception of a function reaches its caller as it is, a checked one thrown by stealth included. */
    static RuntimeException raise(Throwable reason) {
        Operation.<RuntimeException>raiseAs(reason);
        throw new AssertionError("unreachable");
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raiseAs(Throwable reason) throws E {
        throw (E) reason;
    }

    private CompletableFuture<R> future() {
        OperationFuture<R> future = new OperationFuture<>(this);
        if (!isDone()) {
            waiter = future;
        }
        if (isDone()) {
            future.complete();
        } else {
            future.expireBy(pipeline.context().timer());
        }
        return future;
    }

    private record Failure(Throwable reason) {}

    /** A future that can withdraw its operation. */
    private static final class OperationFuture<R> extends CompletableFuture<R> {

        private final Operation<?, R> operation;

        OperationFuture(Operation<?, R> operation) {
            this.operation = operation;
        }

        void expireBy(Scheduler timer) {
            operation.beginToWait();
            Scheduler.Cancellable timeout = timer.schedule(
                    () -> {
                        operation.expire();
                        operation.complete(this);
                    },
                    Duration.ofNanos(Math.max(0, operation.leftNanos())));
            CompletableFuture<R> unused = whenComplete((result, failure) -> timeout.cancel());
        }

        void complete() {
            Object outcome = STATE.getAcquire(operation);
            if (outcome instanceof Failure failure) {
                completeExceptionally(failure.reason());
            } else {
                complete(operation.result());
            }
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            NotAppliedException cancelled = new NotAppliedException("cancelled before it was sent");
            operation.giveUp(cancelled, "cancelled after it was sent; it may be applied");
            if (STATE.getAcquire(operation) instanceof Failure failure && failure.reason() == cancelled) {
                return super.cancel(mayInterruptIfRunning);
            }
            complete();
            return false;
        }
    }
}
