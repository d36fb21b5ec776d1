package io.distsync.benchmarks;

import java.util.List;

/**
 * A contender in a {@link Question}.
 *
 * @param points at which it is measured, in ascending order
 */
record Side(String label, Family family, List<Integer> points, Gauge gauge) {

    /** How it is measured. */
    @FunctionalInterface
    interface Gauge {

        /**
         * What it takes at one point, in the question's unit. A wrong outcome ends the run.
         *
         * @param lasting servers to be used besides those that are started for this alone
         */
        double measure(Lasting lasting, int point, Span span);
    }

    Side {
        points = List.copyOf(points);
    }
}
