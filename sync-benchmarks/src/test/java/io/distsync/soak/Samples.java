package io.distsync.soak;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Readings and outcomes that nobody has measured. */
final class Samples {

    private Samples() {}

    static Reading reading(long second, int megabytes, int keys) {
        return new Reading(
                second, "load", (long) megabytes << 20, true, 40, 30, 10, 8, 60, keys, 5, 1 << 20, 100, 1_000, 3, 2);
    }

    static Outcome outcome(Plan.Mode mode, Reading first, Reading last) {
        Plan plan = Plan.of(mode, Duration.ofMinutes(60), 1);
        return new Outcome(
                plan,
                "Redis 7",
                new Tally(),
                new Tally(),
                new Tally(),
                Map.of("main", 1),
                List.of(first, last),
                Run.bounds(plan, first, last),
                List.of(),
                List.of());
    }
}
