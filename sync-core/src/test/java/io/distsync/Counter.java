package io.distsync;

/** The state most tests use; it starts at 0. */
public record Counter(long value, String note) {

    static final Counter ZERO = new Counter(0, "");

    public static Counter of(long value) {
        return new Counter(value, "");
    }

    Counter plus(long delta) {
        return new Counter(value + delta, note);
    }

    Counter noting(String text) {
        return new Counter(value, note + text);
    }
}
