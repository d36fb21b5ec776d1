package io.distsync;

import io.distsync.backend.Subscription;
import java.time.Duration;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * A live handle on the state of one topic: a local view that follows the store, or visibly does not ({@link
 * #status()}). All handles of a topic in one service share one view. Safe to share between threads.
 */
public interface DistributedSync<T> extends AutoCloseable {

    /** The topic this handle follows. */
    Topic<T> topic();

    /**
     * The last known state: a local read without I/O. While nothing is stored, the topic's initial value, or {@code
     * null} if it has none. At least as new as every update this service has acknowledged. A closed handle goes on
     * returning the last state it knew.
     */
    T get();

    /** The last known state with its version. */
    Versioned<T> versioned();

    /** Whether the view is current. */
    FeedStatus status();

    /**
     * Waits until the state is newer than the one this method last reported on this handle (at first: the one the
     * handle was opened with), and takes note of it.
     *
     * @return false if the time ran out, or the handle was closed
     */
    boolean changed(Duration timeout) throws InterruptedException;

    /** Calls the listener with the present state, if any, and then with {@link Delivery#EVERY} change. */
    default Subscription onChange(Consumer<? super Versioned<T>> listener) {
        return onChange(Delivery.EVERY, listener::accept);
    }

    /** Calls the listener with the present state, if any, and then as the delivery says. */
    Subscription onChange(Delivery delivery, SyncListenerCallbacks<T> callbacks);

    /**
     * Publishes the present state, if any, and then every change, as fast as each subscriber asks for them. A
     * subscriber that falls behind the bounded buffer, or whose history was reset, gets {@link
     * io.distsync.error.SkippedChangesException}; one that meets a change which cannot be decoded gets {@link
     * io.distsync.error.UndecodableStateException}; when the handle is closed, the stream completes.
     */
    Flow.Publisher<Versioned<T>> publisher();

    /** Ends the handle with its listeners and publishers; the view goes when its last handle does. */
    @Override
    void close();
}
