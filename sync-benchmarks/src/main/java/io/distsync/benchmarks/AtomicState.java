package io.distsync.benchmarks;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;

/** What one would write for a single process: a reference, and a thread that tells listeners. It tells of one writer's states only. */
final class AtomicState implements SharedState {

    private final AtomicReference<AppState> reference = new AtomicReference<>(new AppState());
    private final List<LongConsumer> listeners = new CopyOnWriteArrayList<>();
    private final ExecutorService teller = Executors.newSingleThreadExecutor(task -> new Thread(task, "teller"));

    @Override
    public void increment() {
        tell(reference.updateAndGet(AppState::incremented));
    }

    @Override
    public void annotate(String note) {
        tell(reference.updateAndGet(state -> state.incremented(note)));
    }

    private void tell(AppState state) {
        if (!listeners.isEmpty()) {
            teller.execute(() -> listeners.forEach(each -> each.accept(state.counter())));
        }
    }

    @Override
    public void listen(LongConsumer listener) {
        listeners.add(listener);
    }

    @Override
    public long shown() {
        return Objects.requireNonNull(reference.get()).counter();
    }

    @Override
    public void check(long updates) {
        Checks.same("counter", shown(), updates);
    }

    @Override
    public void close() {
        teller.shutdown();
    }
}
