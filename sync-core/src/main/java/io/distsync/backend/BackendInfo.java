package io.distsync.backend;

import io.distsync.version.Limits;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a backend says of itself.
 *
 * @param name the mode as users configure it, such as {@code local}
 * @param serializes whether payloads become bytes; if not, only payloads that already are bytes have a size
 * @param maxPayloadBytes bound of the payload bytes in one commit
 * @param unreachableSince since when the store has not answered, or {@code null} while it does
 * @param details facts for operators, such as the durability in force; no secrets
 */
public record BackendInfo(
        String name,
        boolean serializes,
        int maxPayloadBytes,
        @Nullable Instant unreachableSince,
        Map<String, String> details) {

    public BackendInfo {
        if (maxPayloadBytes < 1) {
            throw new IllegalArgumentException("maxPayloadBytes must be positive, but is " + maxPayloadBytes);
        }
        details = Map.copyOf(details);
    }

    /** A reachable, serializing store with the default limits. */
    public static BackendInfo of(String name) {
        return new BackendInfo(name, true, Limits.DEFAULT_MAX_PAYLOAD_BYTES, null, Map.of());
    }
}
