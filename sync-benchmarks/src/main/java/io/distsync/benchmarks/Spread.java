package io.distsync.benchmarks;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;

/** The middle and the ends of several measurements of the same thing. */
record Spread(double median, double min, double max) {

    /** The spread of at least one value. */
    static Spread of(List<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("no values");
        }
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** Three significant digits, and whole numbers in full; nothing a measurement could show is below 1/1000. */
    static String format(double value) {
        if (!Double.isFinite(value)) {
            return Double.toString(value);
        }
        BigDecimal shown = Math.abs(value) >= 100
                ? BigDecimal.valueOf(Math.round(value))
                : new BigDecimal(value, new MathContext(3))
                        .setScale(Math.abs(value) >= 10 ? 1 : 3, RoundingMode.HALF_EVEN);
        return shown.signum() == 0 ? "0" : shown.stripTrailingZeros().toPlainString();
    }

    /** {@code median (min … max)}. */
    @Override
    public String toString() {
        return format(median) + " (" + format(min) + " … " + format(max) + ")";
    }
}
