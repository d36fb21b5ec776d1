package io.distsync.benchmarks;

import java.util.Locale;

/** What a number has to reach. */
record Goal(Bound bound, double limit) {

    enum Bound {
        AT_LEAST,
        AT_MOST
    }

    static Goal atLeast(double limit) {
        return new Goal(Bound.AT_LEAST, limit);
    }

    static Goal atMost(double limit) {
        return new Goal(Bound.AT_MOST, limit);
    }

    /** Judges the median; a miss that not every pair shares is still a miss, but is told apart. */
    String verdict(Spread spread) {
        if (isMetBy(spread.median())) {
            return "met";
        }
        return isMetBy(bound == Bound.AT_LEAST ? spread.max() : spread.min()) ? "missed within the spread" : "missed";
    }

    private boolean isMetBy(double value) {
        return bound == Bound.AT_LEAST ? value >= limit : value <= limit;
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s %s", bound == Bound.AT_LEAST ? "≥" : "≤", Spread.format(limit));
    }
}
