package io.distsync.benchmarks;

/** What a measured value is a number of. */
enum Unit {
    PER_SECOND("updates in a second", "", " k", " M", " G"),
    NANOS("time", " ns", " µs", " ms", " s");

    private final String quantity;
    private final String one;
    private final String thousand;
    private final String million;
    private final String billion;

    Unit(String quantity, String one, String thousand, String million, String billion) {
        this.quantity = quantity;
        this.one = one;
        this.thousand = thousand;
        this.million = million;
        this.billion = billion;
    }

    /** What is measured, for an axis. */
    String quantity() {
        return quantity;
    }

    /** For people: {@code 12.3 k}, {@code 367 µs}. */
    String format(double value) {
        if (value >= 1e9) {
            return Spread.format(value / 1e9) + billion;
        }
        if (value >= 1e6) {
            return Spread.format(value / 1e6) + million;
        }
        return value >= 1e3 ? Spread.format(value / 1e3) + thousand : Spread.format(value) + one;
    }

    /** The median, and the smallest and the greatest in brackets. */
    String format(Spread spread) {
        return format(spread.median()) + " (" + format(spread.min()) + " … " + format(spread.max()) + ")";
    }
}
