package io.distsync.backend;

import io.distsync.version.Version;
import org.jspecify.annotations.Nullable;

/**
 * What a topic holds under a key.
 *
 * @param version the change that wrote it
 * @param leaseId the lease it stands on, or {@code null}
 */
public record Entry(
        String key,
        Payload payload,
        Version version,
        @Nullable String leaseId) {}
