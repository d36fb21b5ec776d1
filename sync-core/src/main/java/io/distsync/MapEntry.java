package io.distsync;

import org.jspecify.annotations.Nullable;

/**
 * A stored entry of a map.
 *
 * @param leaseId the lease it stands on, or {@code null}
 */
public record MapEntry<V>(
        String key, Versioned<V> versioned, @Nullable String leaseId) {

    /** The value. */
    public V value() {
        return versioned.value();
    }
}
