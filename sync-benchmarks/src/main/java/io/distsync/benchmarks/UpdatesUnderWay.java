package io.distsync.benchmarks;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Updates that nobody waits for one by one: each thread has some under way, and waits for its oldest before the next. */
final class UpdatesUnderWay implements SharedState {

    /*
     * Threads. A window is its thread's while updates are made; settle() is called when no thread makes any.
     */

    static final int OF_A_THREAD = 10;

    private final OptimisticUpdate state;
    private final Queue<Queue<CompletableFuture<?>>> windows = new ConcurrentLinkedQueue<>();
    private final ThreadLocal<Queue<CompletableFuture<?>>> own = ThreadLocal.withInitial(() -> {
        Queue<CompletableFuture<?>> window = new ArrayDeque<>();
        windows.add(window);
        return window;
    });

    UpdatesUnderWay(OptimisticUpdate state) {
        this.state = state;
    }

    /** Begins to store the next state; {@link #settle} waits until it is. */
    @Override
    public void increment() {
        Queue<CompletableFuture<?>> window = own.get();
        if (window.size() == OF_A_THREAD) {
            window.remove().join();
        }
        window.add(state.incrementAsync());
    }

    @Override
    public void settle(long updates) {
        for (Queue<CompletableFuture<?>> window : windows) {
            window.forEach(CompletableFuture::join);
            window.clear();
        }
    }

    @Override
    public void check(long updates) {
        state.check(updates);
    }

    @Override
    public void close() {
        state.close();
    }
}
