package io.distsync;

import io.distsync.error.SkippedChangesException;
import io.distsync.version.Version;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Publishes the states of a replica to one subscriber, as fast as it asks for them. */
final class StatePublisher<T> extends SerialTask implements Flow.Subscription {

    /*
     * Threads. The subscriber is called by the running thread of this task only, as SerialTask promises. request and
     * cancel may come from anywhere, from inside onNext too; they only set fields and wake the task.
     */

    private final Replica<T> replica;
    private final Flow.Subscriber<? super Versioned<T>> subscriber;
    private final Broadcast.Cursor<Object> cursor;
    private final Consumer<SerialTask> ended;
    private final AtomicLong demand = new AtomicLong();
    private volatile boolean cancelled;
    private volatile boolean completing;
    private volatile @Nullable Throwable violation;

    // The running thread's.
    private boolean subscribed;
    private @Nullable Versioned<T> first;
    private Version told = Version.ABSENT;

    StatePublisher(
            Replica<T> replica,
            Replica.Seam<T> seam,
            Flow.Subscriber<? super Versioned<T>> subscriber,
            Consumer<SerialTask> ended,
            ServiceContext context) {
        super(context.dispatcher(), context.shutdownGrace());
        this.replica = replica;
        this.subscriber = Objects.requireNonNull(subscriber, "subscriber");
        this.cursor = seam.cursor();
        this.first = seam.state().present() ? seam.state() : null;
        this.ended = ended;
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            violation = new IllegalArgumentException("rule 3.9: request must be positive, but is " + n);
        } else {
            demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        }
        wake();
    }

    @Override
    public void cancel() {
        cancelled = true;
        wake();
    }

    /** Ends the stream with onComplete, once the subscriber was told what it asked for. */
    void complete() {
        completing = true;
        wake();
    }

    @Override
    boolean hasWork() {
        return !subscribed
                || cancelled
                || violation != null
                || completing
                || (demand.get() > 0 && (first != null || cursor.hasNext()));
    }

    @Override
    boolean step() {
        if (!subscribed) {
            subscribed = true;
            subscriber.onSubscribe(this);
            return true;
        }
        if (cancelled) {
            end();
            return false;
        }
        Throwable broken = violation;
        if (broken != null) {
            end();
            subscriber.onError(broken);
            return false;
        }
        if (demand.get() > 0 && (first != null || cursor.hasNext())) {
            next();
            return true;
        }
        if (completing) {
            end();
            subscriber.onComplete();
        }
        return false;
    }

    @SuppressWarnings("unchecked") // the stream of a Replica<T> holds Versioned<T>, Told, Reset and Failure
    private void next() {
        Versioned<T> initial = first;
        Object item = initial;
        if (initial == null) {
            item = cursor.next();
        }
        first = null;
        if (item instanceof Replica.Told<?> traced) {
            item = traced.state();
        }
        if (item instanceof Versioned<?> versioned) {
            told = versioned.version();
            demand.updateAndGet(n -> n == Long.MAX_VALUE ? n : n - 1);
            subscriber.onNext((Versioned<T>) versioned);
        } else if (item instanceof Replica.Failure failure) {
            end();
            subscriber.onError(failure.reason());
        } else {
            end();
            subscriber.onError(
                    new SkippedChangesException(told, replica.current().version()));
        }
    }

    private void end() {
        close(); // first: whoever has just registered this task looks whether it is closed
        ended.accept(this);
    }
}
