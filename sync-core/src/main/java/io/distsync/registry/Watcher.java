package io.distsync.registry;

import io.distsync.backend.Subscription;
import io.distsync.lease.Callbacks;
import io.distsync.log.LogEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells one listener what it was told last and what is the newest now. What comes while it is busy is told as one. */
final class Watcher<T> implements Subscription {

    /*
     * Threads. Whoever changes something calls wake(); the listener runs on a thread for callbacks, one call at a time. The
     * monitor guards "told" and "running"; "calling" is held around a call, so that close() can wait for it, unless it is
     * called by the listener itself.
     */

    private static final Logger log = LoggerFactory.getLogger(Watcher.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Callbacks callbacks;
    private final Supplier<T> newest;
    private final BiConsumer<? super T, ? super T> listener;
    private final List<Watcher<T>> all;
    private final ReentrantLock calling = new ReentrantLock();
    private @Nullable T told;
    private boolean running;
    private volatile boolean closed;

    /**
     * @param told what the listener is taken to know
     * @param all those to be woken together, which it joins and leaves by itself
     */
    Watcher(
            Callbacks callbacks,
            @Nullable T told,
            Supplier<T> newest,
            BiConsumer<? super T, ? super T> listener,
            List<Watcher<T>> all) {
        this.callbacks = callbacks;
        this.told = told;
        this.newest = newest;
        this.listener = listener;
        this.all = all;
    }

    Watcher<T> begin() {
        all.add(this);
        wake();
        return this;
    }

    /** There may be something new. */
    void wake() {
        synchronized (this) {
            if (running || closed || newest.get() == told) {
                return;
            }
            running = true;
        }
        callbacks.run(this::run);
    }

    private void run() {
        while (true) {
            @Nullable T before;
            T after;
            synchronized (this) {
                before = told;
                after = newest.get();
                if (closed || after == before) {
                    running = false;
                    return;
                }
                told = after;
            }
            tell(before, after);
        }
    }

    private void tell(@Nullable T before, T after) {
        calling.lock();
        try {
            if (!closed) {
                listener.accept(before, after);
            }
        } catch (RuntimeException | Error e) {
            LogEvent.REGISTRY_LISTENER_FAILED.on(log).setCause(e).log("a listener failed");
        } finally {
            calling.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        all.remove(this);
        try {
            if (calling.tryLock(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
                calling.unlock();
            } else {
                LogEvent.REGISTRY_LISTENER_OUTLASTED_CLOSE
                        .on(log)
                        .log("a listener was still running {} after its subscription was closed", PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
