package io.distsync.registry.balance;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a strategy has computed from the candidates it saw last. */
final class Derived<T> {

    /*
     * Threads. Any thread reads; the first that brings other candidates computes while the others wait, since what it
     * computes may take milliseconds and all of them need it. What is computed asks nobody but JobCounts.of, which
     * answers from memory.
     */

    private final Function<Candidates, T> compute;
    private volatile @Nullable Computed<T> last;

    Derived(Function<Candidates, T> compute) {
        this.compute = compute;
    }

    T of(Candidates candidates) {
        Computed<T> computed = last;
        return computed != null && computed.from == candidates ? computed.value : renew(candidates);
    }

    private synchronized T renew(Candidates candidates) {
        Computed<T> computed = last;
        if (computed == null || computed.from != candidates) {
            computed = new Computed<>(candidates, compute.apply(candidates));
            last = computed;
        }
        return computed.value;
    }

    private record Computed<T>(Candidates from, T value) {}
}
