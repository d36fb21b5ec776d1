package io.distsync.registry;

import java.time.Duration;

/** How often an instance is checked, and what follows from it. Immutable; the {@code with} methods return copies. */
public final class HealthCheckOptions {

    private static final Duration SHORTEST = Duration.ofMillis(10);
    private static final Duration LONGEST = Duration.ofDays(1);
    private static final int MOST = 1_000;
    private static final HealthCheckOptions DEFAULTS =
            new HealthCheckOptions(Duration.ofSeconds(10), Duration.ofSeconds(2), 2, 3);

    private final Duration interval;
    private final Duration timeout;
    private final int healthyThreshold;
    private final int unhealthyThreshold;

    private HealthCheckOptions(Duration interval, Duration timeout, int healthyThreshold, int unhealthyThreshold) {
        this.interval = interval;
        this.timeout = timeout;
        this.healthyThreshold = healthyThreshold;
        this.unhealthyThreshold = unhealthyThreshold;
    }

    /** A check each 10 seconds with a timeout of 2; down after 3 failures in a row, up again after 2 successes. */
    public static HealthCheckOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The time between the end of one check and the beginning of the next.
     *
     * @throws IllegalArgumentException if it is shorter than 10 ms or longer than a day
     */
    public HealthCheckOptions withInterval(Duration value) {
        return new HealthCheckOptions(inRange("interval", value), timeout, healthyThreshold, unhealthyThreshold);
    }

    /**
     * After this time a check counts as failed.
     *
     * @throws IllegalArgumentException if it is shorter than 10 ms or longer than a day
     */
    public HealthCheckOptions withTimeout(Duration value) {
        return new HealthCheckOptions(interval, inRange("timeout", value), healthyThreshold, unhealthyThreshold);
    }

    /**
     * How many checks in a row turn an instance: successes one that is down, failures one that is up.
     *
     * @throws IllegalArgumentException if one of them is not from 1 to 1,000
     */
    public HealthCheckOptions withThresholds(int healthy, int unhealthy) {
        return new HealthCheckOptions(interval, timeout, inRange("healthy", healthy), inRange("unhealthy", unhealthy));
    }

    Duration interval() {
        return interval;
    }

    Duration timeout() {
        return timeout;
    }

    int healthyThreshold() {
        return healthyThreshold;
    }

    int unhealthyThreshold() {
        return unhealthyThreshold;
    }

    private static Duration inRange(String what, Duration value) {
        if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("the " + what + " of a health check must be from " + SHORTEST + " to "
                    + LONGEST + ", but is " + value);
        }
        return value;
    }

    private static int inRange(String what, int value) {
        if (value < 1 || value > MOST) {
            throw new IllegalArgumentException(
                    "the " + what + " threshold of a health check must be from 1 to " + MOST + ", but is " + value);
        }
        return value;
    }
}
