package io.distsync.benchmarks;

import java.util.List;

/**
 * A contender in a {@link Question}.
 *
 * @param points at which it is measured, in ascending order
 * @param isNewEachTime whether each point is measured in processes of its own, which have to be warmed up as at the first one
 */
record Side(String label, Family family, List<Integer> points, boolean isNewEachTime, Gauge gauge) {

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

    Side(String label, Family family, List<Integer> points, Gauge gauge) {
        this(label, family, points, false, gauge);
    }
}
