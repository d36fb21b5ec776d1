package io.distsync.registry;

import io.distsync.lease.LeaseKeeper;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How an instance is kept registered. Immutable; the {@code with} methods return copies. */
public final class RegistrationOptions {

    private static final RegistrationOptions DEFAULTS =
            new RegistrationOptions(Duration.ofSeconds(15), null, null, HealthCheckOptions.defaults());

    private final Duration lease;
    private final @Nullable Duration jitter;
    private final @Nullable HealthCheck healthCheck;
    private final HealthCheckOptions healthCheckOptions;

    private RegistrationOptions(
            Duration lease,
            @Nullable Duration jitter,
            @Nullable HealthCheck healthCheck,
            HealthCheckOptions healthCheckOptions) {
        this.lease = lease;
        this.jitter = jitter;
        this.healthCheck = healthCheck;
        this.healthCheckOptions = healthCheckOptions;
    }

    /** A lease of 15 seconds, renewed each five, and no health check. */
    public static RegistrationOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The same with another lease: how long an instance that has crashed is listed. It is renewed when a third of it has
     * passed.
     *
     * @throws IllegalArgumentException if it is shorter than 100 ms or longer than a year
     */
    public RegistrationOptions withLease(Duration value) {
        return new RegistrationOptions(
                LeaseKeeper.checkLease("the lease of an instance", value), jitter, healthCheck, healthCheckOptions);
    }

    /**
     * The same with another jitter: an instance whose entry is lost registers again after a random part of it, so that not
     * all do at once. A third of the lease if it is not set, and never more than half: views keep what they knew before for
     * one lease only.
     *
     * @throws IllegalArgumentException if it is negative or longer than a year
     */
    public RegistrationOptions withJitter(Duration value) {
        if (value.isNegative() || value.compareTo(Limits.MAX_LEASE) > 0) {
            throw new IllegalArgumentException(
                    "the jitter of a registration must be from 0 to " + Limits.MAX_LEASE + ", but is " + value);
        }
        return new RegistrationOptions(lease, value, healthCheck, healthCheckOptions);
    }

    /**
     * The same with a health check, run by the node that registers. The instance is {@link InstanceStatus#DOWN} until its first
     * check succeeds; if that fails, until as many in a row have succeeded as {@code options} say.
     */
    public RegistrationOptions withHealthCheck(HealthCheck check, HealthCheckOptions options) {
        return new RegistrationOptions(
                lease, jitter, Objects.requireNonNull(check, "check"), Objects.requireNonNull(options, "options"));
    }

    /** The same with a health check each ten seconds. */
    public RegistrationOptions withHealthCheck(HealthCheck check) {
        return withHealthCheck(check, HealthCheckOptions.defaults());
    }

    Duration lease() {
        return lease;
    }

    Duration jitter() {
        Duration most = lease.dividedBy(2);
        Duration asked = jitter == null ? lease.dividedBy(3) : jitter;
        return asked.compareTo(most) < 0 ? asked : most;
    }

    @Nullable
    HealthCheck healthCheck() {
        return healthCheck;
    }

    HealthCheckOptions healthCheckOptions() {
        return healthCheckOptions;
    }
}
