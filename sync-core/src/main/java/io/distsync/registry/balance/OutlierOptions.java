package io.distsync.registry.balance;

import io.distsync.version.Limits;
import java.time.Duration;
import java.util.function.Predicate;

/** When an instance whose calls fail is ejected, and for how long. */
public final class OutlierOptions {

    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final OutlierOptions DEFAULTS =
            new OutlierOptions(5, Duration.ofSeconds(30), Duration.ofMinutes(5), 50, failure -> true);

    private final int consecutiveFailures;
    private final Duration baseEjection;
    private final Duration maximumEjection;
    private final int maximumEjectedPercent;
    private final Predicate<Throwable> failures;

    private OutlierOptions(
            int consecutiveFailures,
            Duration baseEjection,
            Duration maximumEjection,
            int maximumEjectedPercent,
            Predicate<Throwable> failures) {
        this.consecutiveFailures = consecutiveFailures;
        this.baseEjection = baseEjection;
        this.maximumEjection = maximumEjection;
        this.maximumEjectedPercent = maximumEjectedPercent;
        this.failures = failures;
    }

    /**
     * After 5 failures in a row for 30 seconds, the next time for 60 and so on up to 5 minutes; at most half of the
     * instances at once. Whatever a call throws is a failure.
     */
    public static OutlierOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The same with another number of failures, with no success between them, that eject an instance.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public OutlierOptions withConsecutiveFailures(int value) {
        if (value < 1) {
            throw new IllegalArgumentException("consecutive failures must be at least 1, but are " + value);
        }
        return new OutlierOptions(value, baseEjection, maximumEjection, maximumEjectedPercent, failures);
    }

    /**
     * The same with other times: the first ejection lasts for the base, each one after it for the base longer, none for
     * longer than the maximum. An ejection is forgotten for each base that an instance has taken calls since.
     *
     * @throws IllegalArgumentException if the base is shorter than a millisecond, or the maximum shorter than the base or
     *     longer than a year
     */
    public OutlierOptions withEjection(Duration base, Duration maximum) {
        if (base.compareTo(SHORTEST) < 0 || maximum.compareTo(base) < 0 || maximum.compareTo(Limits.MAX_LEASE) > 0) {
            throw new IllegalArgumentException("an ejection must last at least " + SHORTEST + " and at most "
                    + Limits.MAX_LEASE + ", but is to last from " + base + " to " + maximum);
        }
        return new OutlierOptions(consecutiveFailures, base, maximum, maximumEjectedPercent, failures);
    }

    /**
     * The same with another bound on how many of the instances that could take calls are ejected at once. One may always
     * be, if there are others; the last one never is. With 0 none is.
     *
     * @throws IllegalArgumentException if it is not from 0 to 100
     */
    public OutlierOptions withMaximumEjectedPercent(int value) {
        if (value < 0 || value > 100) {
            throw new IllegalArgumentException(
                    "the percentage of ejected instances must be from 0 to 100, but is " + value);
        }
        return new OutlierOptions(consecutiveFailures, baseEjection, maximumEjection, value, failures);
    }

    /**
     * The same, but of what {@link Balancer#call} throws only this is held against the instance; anything else is an
     * answer, and proof that it lives. Called on the thread of the call; if it throws itself, what the call threw is a failure.
     */
    public OutlierOptions withFailures(Predicate<Throwable> value) {
        return new OutlierOptions(consecutiveFailures, baseEjection, maximumEjection, maximumEjectedPercent, value);
    }

    int consecutiveFailures() {
        return consecutiveFailures;
    }

    long baseNanos() {
        return baseEjection.toNanos();
    }

    long maximumNanos() {
        return maximumEjection.toNanos();
    }

    boolean isFailure(Throwable thrown) {
        return failures.test(thrown);
    }

    /** How many of so many may be ejected at once. */
    int mayBeEjected(int instances) {
        if (maximumEjectedPercent == 0) {
            return 0;
        }
        int share = (int) ((long) instances * maximumEjectedPercent / 100);
        return Math.min(Math.max(1, share), instances - 1);
    }
}
