package io.distsync.election;

import io.distsync.lease.LeaseKeeper;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** How somebody stands for election. Immutable; the {@code with} methods return copies. */
public final class CandidateOptions {

    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(100);
    private static final CandidateOptions DEFAULTS =
            new CandidateOptions(Duration.ofSeconds(15), 0, null, null, Duration.ofSeconds(1));

    private final Duration lease;
    private final int priority;
    private final @Nullable Duration failBack;
    private final @Nullable BooleanSupplier health;
    private final Duration healthInterval;

    private CandidateOptions(
            Duration lease,
            int priority,
            @Nullable Duration failBack,
            @Nullable BooleanSupplier health,
            Duration healthInterval) {
        this.lease = lease;
        this.priority = priority;
        this.failBack = failBack;
        this.health = health;
        this.healthInterval = healthInterval;
    }

    /** A lease of 15 seconds, priority 0, no fail-back, always healthy. */
    public static CandidateOptions defaults() {
        return DEFAULTS;
    }

    /**
     * The same with another lease: how long a leader who has crashed stays in the way of the next one, and after how long
     * without the store a leader stops.
     *
     * @throws IllegalArgumentException if it is shorter than 100 ms or longer than a year
     */
    public CandidateOptions withLease(Duration value) {
        return new CandidateOptions(
                LeaseKeeper.checkLease("the lease of a candidate", value), priority, failBack, health, healthInterval);
    }

    /** The same with another priority: when there is no leader, the candidate with the highest one is elected. */
    public CandidateOptions withPriority(int value) {
        return new CandidateOptions(lease, value, failBack, health, healthInterval);
    }

    /**
     * The same, but a leader of a lower priority gives way once this candidate has waited for so long, by the leader's clock.
     * Without it a candidate waits until the leader ends its term for another reason.
     *
     * @throws IllegalArgumentException if it is negative or longer than a year
     */
    public CandidateOptions withFailBack(Duration after) {
        return new CandidateOptions(
                lease, priority, inRange("the delay of a fail-back", after, Duration.ZERO), health, healthInterval);
    }

    /**
     * The same, but it stands for election only while the check says true, and a leader whose check says false steps down. The
     * check runs on a thread made for it, never twice at once; one that throws, or has not returned when the next one is due,
     * counts as false.
     *
     * @param interval from check to check
     * @throws IllegalArgumentException if the interval is shorter than 100 ms or longer than a year
     */
    public CandidateOptions withHealth(BooleanSupplier check, Duration interval) {
        return new CandidateOptions(
                lease,
                priority,
                failBack,
                Objects.requireNonNull(check, "check"),
                inRange("the interval of health checks", interval, SHORTEST_INTERVAL));
    }

    private static Duration inRange(String what, Duration value, Duration least) {
        if (value.compareTo(least) < 0 || value.compareTo(Limits.MAX_LEASE) > 0) {
            throw new IllegalArgumentException(
                    what + " must be from " + least + " to " + Limits.MAX_LEASE + ", but is " + value);
        }
        return value;
    }

    Duration lease() {
        return lease;
    }

    @Nullable
    BooleanSupplier health() {
        return health;
    }

    Duration healthInterval() {
        return healthInterval;
    }

    /** What the store gets to know of such a candidate. */
    Member member(String id, String owner, long sinceMillis) {
        return new Member(id, owner, priority, failBack == null ? -1 : failBack.toMillis(), sinceMillis);
    }

    int priority() {
        return priority;
    }
}
