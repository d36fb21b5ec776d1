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
 * @param broadcast how another system fares that carries changes to followers, or {@code null} if the store does
 */
public record BackendInfo(
        String name,
        boolean serializes,
        int maxPayloadBytes,
        @Nullable Instant unreachableSince,
        Map<String, String> details,
        @Nullable Broadcast broadcast) {

    public BackendInfo {
        if (maxPayloadBytes < 1) {
            throw new IllegalArgumentException("maxPayloadBytes must be positive, but is " + maxPayloadBytes);
        }
        details = Map.copyOf(details);
    }

    /** What a store says that carries its changes itself. */
    public BackendInfo(
            String name,
            boolean serializes,
            int maxPayloadBytes,
            @Nullable Instant unreachableSince,
            Map<String, String> details) {
        this(name, serializes, maxPayloadBytes, unreachableSince, details, null);
    }

    /**
     * Another system that carries the changes of a store. Whatever becomes of it, nothing committed is lost: followers read
     * what it does not bring from the store.
     *
     * @param system what it is, such as {@code kafka}
     * @param unreachableSince since when it has not answered, or {@code null} while it does
     * @param pending commits that are not known to be broadcast, whoever made them
     * @param problem why something is not broadcast though the system answers, or {@code null}
     */
    public record Broadcast(
            String system,
            @Nullable Instant unreachableSince,
            long pending,
            @Nullable String problem) {

        /** Whether changes are carried as they should be. */
        public boolean isWell() {
            return unreachableSince == null && problem == null;
        }
    }

    /** A reachable, serializing store with the default limits. */
    public static BackendInfo of(String name) {
        return new BackendInfo(name, true, Limits.DEFAULT_MAX_PAYLOAD_BYTES, null, Map.of());
    }
}
