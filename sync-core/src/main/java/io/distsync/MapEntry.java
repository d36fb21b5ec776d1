package io.distsync;

import org.jspecify.annotations.Nullable;

/**
 * A stored entry of a map.
 *
 * @param leaseId the lease it stands on, or {@code null} if it has none, or in what a replica tells, because changes do
 *     not carry leases
 */
public record MapEntry<V>(
        String key, Versioned<V> versioned, @Nullable String leaseId) {

    /** The value. */
    public V value() {
        return versioned.value();
    }
}
