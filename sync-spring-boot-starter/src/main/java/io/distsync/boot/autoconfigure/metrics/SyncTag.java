package io.distsync.boot.autoconfigure.metrics;

import io.distsync.backend.FeedState;
import io.distsync.lease.HoldMetrics;
import io.distsync.lease.LossReason;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.RegistrationStatus;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Tag;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The tags of the meters, each with the values it can have, if they are known beforehand. */
enum SyncTag implements KeyName {
    TOPIC("topic"),
    ELECTION("election"),
    SERVICE("service"),
    UPDATE_OUTCOME("outcome", "applied", "not_applied", "unknown"),
    DELIVERY_OUTCOME("outcome", "success", "failure"),
    FEED_STATE("state", FeedState.values()),
    ACQUIRE_OUTCOME("outcome", HoldMetrics.Outcome.values()),
    LOSS_REASON("reason", LossReason.values()),
    REGISTRATION_STATUS("status", RegistrationStatus.REGISTERED, RegistrationStatus.RETRYING),
    INSTANCE_STATUS("status", InstanceStatus.values());

    private final String key;

    @SuppressWarnings("ImmutableEnumChecker") // an immutable list
    private final List<String> possible;

    SyncTag(String key) {
        this(key, List.of());
    }

    SyncTag(String key, String... possible) {
        this(key, List.of(possible));
    }

    SyncTag(String key, Enum<?>... possible) {
        this(key, Arrays.stream(possible).map(SyncTag::text).toList());
    }

    SyncTag(String key, List<String> possible) {
        this.key = key;
        this.possible = possible;
    }

    @Override
    public String asString() {
        return key;
    }

    /** The values it can have; empty if any. */
    List<String> possible() {
        return possible;
    }

    Tag of(Enum<?> value) {
        return of(text(value));
    }

    Tag of(String value) {
        if (!possible.isEmpty() && !possible.contains(value)) {
            throw new IllegalArgumentException(key + " is one of " + possible + ", not " + value);
        }
        return Tag.of(key, value);
    }

    private static String text(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
