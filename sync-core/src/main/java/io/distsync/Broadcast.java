package io.distsync;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A stream of items to any number of readers, each at its own pace and at most one buffer behind.
 *
 * @param <E> type of the items
 */
final class Broadcast<E> {

    /*
     * Idea. There is one ring for all readers, and a reader is a position in it; so an item costs the same for one reader
     * as for a thousand, and a reader that blocks holds nothing but the ring. The writer never waits: it overwrites the
     * oldest item, and a reader that comes too late finds another item in the place and knows that it was overrun. (As in
     * the Disruptor, but lossy: Thompson, Farley, Barker, Gee, Stewart, 2011.)
     *
     * Threads. append, publish, add and remove are called by one thread at a time (the owner's monitor). Readers read
     * `tail`, then the node: the node is written before the tail, and carries its own sequence.
     */

    private static final VarHandle TAIL;

    static {
        try {
            TAIL = MethodHandles.lookup().findVarHandle(Broadcast.class, "tail", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int capacity;
    private volatile SerialTask[] tasks = {};
    private @Nullable AtomicReferenceArray<Node<E>> ring; // made for the first reader
    private long appended; // the writer's

    @SuppressWarnings("UnusedVariable") // by VarHandle
    private long tail;

    Broadcast(int capacity) {
        this.capacity = Integer.highestOneBit(Math.max(2, capacity) * 2 - 1);
    }

    /** Whether an item would reach anybody. */
    boolean hasReaders() {
        return ring != null;
    }

    /** The position behind the last published item. */
    long tail() {
        return (long) TAIL.getAcquire(this);
    }

    /** Adds an item; readers see it after {@link #publish}. */
    void append(E item) {
        AtomicReferenceArray<Node<E>> slots = ring;
        if (slots != null) {
            slots.setRelease((int) appended & (capacity - 1), new Node<>(appended, item));
            appended++;
        }
    }

    /** Adds an item and makes it visible. */
    void publish(E item) {
        append(item);
        publish();
    }

    /** Makes everything appended visible at once, and wakes all tasks. */
    void publish() {
        TAIL.setVolatile(this, appended);
        for (SerialTask task : tasks) {
            task.wake();
        }
    }

    /** Makes a position behind everything appended so far, for a task about to be added in the same critical section. */
    Cursor<E> cursor() {
        AtomicReferenceArray<Node<E>> slots = ring;
        if (slots == null) {
            slots = new AtomicReferenceArray<>(capacity);
            ring = slots;
        }
        return new Cursor<>(this, slots, appended);
    }

    /** Adds a task to be woken. */
    void add(SerialTask task) {
        List<SerialTask> more = new ArrayList<>(List.of(tasks));
        more.add(task);
        tasks = more.toArray(SerialTask[]::new);
    }

    void remove(SerialTask task) {
        List<SerialTask> fewer = new ArrayList<>(List.of(tasks));
        fewer.remove(task);
        tasks = fewer.toArray(SerialTask[]::new);
        if (fewer.isEmpty()) {
            ring = null;
        }
    }

    List<SerialTask> tasks() {
        return List.of(tasks);
    }

    /** A position in the ring; used by one thread at a time. */
    static final class Cursor<E> {

        private final Broadcast<E> source;
        private final AtomicReferenceArray<Node<E>> slots;
        private long next; // plain: lag() may read an older value

        private Cursor(Broadcast<E> source, AtomicReferenceArray<Node<E>> slots, long next) {
            this.source = source;
            this.slots = slots;
            this.next = next;
        }

        boolean hasNext() {
            return next < source.tail();
        }

        /** Items published and not yet read. */
        long lag() {
            return Math.max(0, source.tail() - next);
        }

        /** The next item, or {@code null} if it was overwritten; asked only if there is one. */
        @Nullable
        E next() {
            Node<E> node = slots.getAcquire((int) next & (slots.length() - 1));
            if (node == null || node.sequence != next) {
                return null;
            }
            next++;
            return node.item;
        }

        /** Goes on behind everything that was appended; in the writer's critical section. */
        void skip() {
            next = source.appended;
        }
    }

    private record Node<E>(long sequence, E item) {}
}
