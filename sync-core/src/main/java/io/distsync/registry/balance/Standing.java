package io.distsync.registry.balance;

/**
 * What the calls of an instance say about it.
 *
 * @param failures in a row
 * @param ejections how long the next ejection is, in multiples of the base less one
 * @param ejected whether it is at present
 * @param untilNanos end of the present ejection, or of the last one, by the monotonic clock
 */
record Standing(int failures, int ejections, boolean ejected, long untilNanos) {

    /** Of an instance nothing is known of. */
    static final Standing GOOD = new Standing(0, 0, false, 0);

    Standing succeeded() {
        return new Standing(0, ejections, ejected, untilNanos);
    }

    Standing failed() {
        return new Standing(failures == Integer.MAX_VALUE ? failures : failures + 1, ejections, ejected, untilNanos);
    }

    Standing eject(long nowNanos, OutlierOptions options) {
        int times = remembered(nowNanos, options) + 1;
        long lasts = options.maximumNanos() / times < options.baseNanos()
                ? options.maximumNanos()
                : options.baseNanos() * times;
        return new Standing(0, times, true, nowNanos + lasts);
    }

    boolean isOver(long nowNanos) {
        return ejected && nowNanos - untilNanos >= 0;
    }

    Standing returned() {
        return new Standing(0, ejections, false, untilNanos);
    }

    /** Whether there is nothing left to remember. */
    boolean isGood(long nowNanos, OutlierOptions options) {
        return !ejected && failures == 0 && remembered(nowNanos, options) == 0;
    }

    /** Ejections less one for each base time since the last. */
    private int remembered(long nowNanos, OutlierOptions options) {
        if (ejections == 0) {
            return 0;
        }
        long forgotten = Math.max(0, nowNanos - untilNanos) / options.baseNanos();
        return (int) Math.max(0, ejections - forgotten);
    }
}
