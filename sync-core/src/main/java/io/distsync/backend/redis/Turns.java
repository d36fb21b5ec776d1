package io.distsync.backend.redis;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets so many calls be under way at a time; the others wait for their turn, first come, first served. Ten thousand followers
 * that begin at once would otherwise keep a server busy for seconds, in which it answers nobody.
 */
final class Turns {

    /*
     * Threads. `free` and `waiting` are guarded by the monitor, which is held neither while calls are begun nor while stages are
     * completed. Whoever raises `wip` from 0 begins calls for everybody until it brings it back to 0: so a call that ends at
     * once makes no deeper stack.
     */

    private final AtomicInteger wip = new AtomicInteger();
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int free;

    /** @param calls how many may be under way */
    Turns(int calls) {
        free = calls;
    }

    /** Begins the call as soon as there is a turn for it. */
    <R> CompletionStage<R> take(Supplier<CompletionStage<R>> call) {
        CompletableFuture<R> result = new CompletableFuture<>();
        synchronized (this) {
            waiting.add(() -> begin(call, result));
        }
        handOn();
        return result;
    }

    private <R> void begin(Supplier<CompletionStage<R>> call, CompletableFuture<R> result) {
        CompletionStage<R> stage;
        try {
            stage = call.get();
        } catch (RuntimeException e) {
            stage = CompletableFuture.failedFuture(e);
        }
        stage.whenComplete((answer, failure) -> {
            synchronized (this) {
                free++;
            }
            handOn();
            if (failure == null) {
                result.complete(answer);
            } else {
                result.completeExceptionally(failure);
            }
        });
    }

    private void handOn() {
        if (wip.getAndIncrement() > 0) {
            return;
        }
        int seen = 1;
        while (seen > 0) {
            for (Runnable next = next(); next != null; next = next()) {
                next.run();
            }
            seen = wip.addAndGet(-seen);
        }
    }

    private synchronized @Nullable Runnable next() {
        if (free == 0 || waiting.isEmpty()) {
            return null;
        }
        free--;
        return waiting.remove();
    }
}
