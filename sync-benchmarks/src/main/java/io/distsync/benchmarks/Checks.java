package io.distsync.benchmarks;

import io.distsync.SyncService;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What several benchmarks ask when their run is over. */
final class Checks {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Checks() {}

    /** The counter in the store; 0 if nothing is stored. */
    static long stored(SyncService service) {
        return service.fetchLatest(AppState.class)
                .map(state -> state.value().counter())
                .orElse(0L);
    }

    static void require(String what, boolean holds) {
        if (!holds) {
            throw new IllegalStateException("does not hold: " + what);
        }
    }

    static void same(String what, long found, long expected) {
        require(what + " " + found + " = " + expected, found == expected);
    }

    static void eventually(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            require(what, System.nanoTime() < end);
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
    }
}
