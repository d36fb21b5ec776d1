package io.distsync.benchmarks;

import java.util.Locale;

/** What a number has to reach. */
record Goal(Bound bound, double limit) {

    enum Bound {
        AT_LEAST,
        AT_MOST,
        NEVER
    }

    static Goal atLeast(double limit) {
        return new Goal(Bound.AT_LEAST, limit);
    }

    static Goal atMost(double limit) {
        return new Goal(Bound.AT_MOST, limit);
    }

    /** What must not happen in any pair. */
    static Goal never() {
        return new Goal(Bound.NEVER, 0);
    }

    /**
     * Judges the median, or the worst pair of what must never happen; a miss that not every pair shares is still a miss,
     * but is told apart.
     */
    String verdict(Spread spread) {
        if (isMetBy(bound == Bound.NEVER ? spread.max() : spread.median())) {
            return "met";
        }
        return isMetBy(bound == Bound.AT_LEAST ? spread.max() : spread.min()) ? "missed within the spread" : "missed";
    }

    private boolean isMetBy(double value) {
        return bound == Bound.AT_LEAST ? value >= limit : value <= limit;
    }

    @Override
    public String toString() {
        if (bound == Bound.NEVER) {
            return "none";
        }
        return String.format(Locale.ROOT, "%s %s", bound == Bound.AT_LEAST ? "≥" : "≤", Spread.format(limit));
    }
}
