package io.distsync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** The operations that wait for the owner of a pipeline, first come, first served. */
final class Backlog<T> {

    /*
     * Threads. Anybody adds and asks whether it is empty; the owner takes and defers; who closes the pipeline takes what is
     * left. Both queues are made when they are needed first: most topics of many never have an operation waiting.
     */

    private static final VarHandle QUEUE;

    static {
        try {
            QUEUE = MethodHandles.lookup().findVarHandle(Backlog.class, "queue", ConcurrentLinkedQueue.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile @Nullable ConcurrentLinkedQueue<Operation<T, ?>> queue;

    /** What was taken already and given back; comes before the queue. */
    private volatile @Nullable ConcurrentLinkedDeque<Operation<T, ?>> deferred;

    void add(Operation<T, ?> operation) {
        ConcurrentLinkedQueue<Operation<T, ?>> waiting = queue;
        if (waiting == null) {
            QUEUE.compareAndSet(this, null, new ConcurrentLinkedQueue<Operation<T, ?>>());
            waiting = queue;
        }
        if (waiting != null) {
            waiting.add(operation);
        }
    }

    /** Whether nobody's operation is queued; deferred ones do not count, the owner knows of them. */
    boolean isEmpty() {
        ConcurrentLinkedQueue<Operation<T, ?>> waiting = queue;
        return waiting == null || waiting.isEmpty();
    }

    int size() {
        return size(queue) + size(deferred);
    }

    private static int size(@Nullable Collection<?> waiting) {
        return waiting == null ? 0 : waiting.size();
    }

    /** Whether as many operations wait; looks at no more of them. */
    boolean holds(int count) {
        ConcurrentLinkedQueue<Operation<T, ?>> waiting = queue;
        int left = count;
        if (waiting != null && left > 0) {
            for (Operation<T, ?> ignored : waiting) {
                if (--left == 0) {
                    break;
                }
            }
        }
        return left <= 0;
    }

    @Nullable
    Operation<T, ?> take() {
        Operation<T, ?> first = poll(deferred);
        return first == null ? poll(queue) : first;
    }

    @Nullable
    Operation<T, ?> peek() {
        Operation<T, ?> first = peek(deferred);
        return first == null ? peek(queue) : first;
    }

    private static <E> @Nullable E poll(@Nullable Queue<E> waiting) {
        return waiting == null ? null : waiting.poll();
    }

    private static <E> @Nullable E peek(@Nullable Queue<E> waiting) {
        return waiting == null ? null : waiting.peek();
    }

    /** Gives operations back, to be taken next and in this order. */
    void defer(List<Operation<T, ?>> operations) {
        ConcurrentLinkedDeque<Operation<T, ?>> waiting = deferred;
        if (waiting == null) {
            waiting = new ConcurrentLinkedDeque<>();
            deferred = waiting;
        }
        for (int i = operations.size() - 1; i >= 0; i--) {
            waiting.addFirst(operations.get(i));
        }
    }
}
