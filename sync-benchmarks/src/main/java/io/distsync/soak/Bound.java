package io.distsync.soak;

import java.util.Locale;

/**
 * Something that was measured twice, and may not have grown beyond a bound.
 *
 * @param rule how the bound comes about
 */
record Bound(String what, double first, double last, double most, String rule) {

    boolean holds() {
        return last <= most;
    }

    String row() {
        return String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s (%s) | %s |",
                what,
                number(first),
                number(last),
                number(most),
                rule,
                holds() ? "held" : "**exceeded**");
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,d", (long) value)
                : String.format(Locale.ROOT, "%.1f", value);
    }
}
