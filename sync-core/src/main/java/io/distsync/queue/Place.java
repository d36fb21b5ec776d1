package io.distsync.queue;

import io.distsync.CommitOutcome;
import io.distsync.MapEntry;
import io.distsync.lease.KeptLease;
import io.distsync.version.Version;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A place in a queue. */
public final class Place {

    /*
     * Threads. The monitor of the line guards what is not final.
     */

    private final String key;
    private final Version version;

    /** Set before anybody else sees the place. */
    private @Nullable KeptLease lease;

    /** Who waits on this node for the end of it, in the order in which they came. */
    private Set<Consumer<@Nullable CommitOutcome<Contender>>> waiting = Set.of();

    Place(String key, Version version) {
        this.key = key;
        this.version = version;
    }

    public String key() {
        return key;
    }

    /** Whether that is its entry: in a history that was lost and begun anew, another may have the same key. */
    public boolean isOf(MapEntry<Contender> entry) {
        return entry.key().equals(key) && entry.versioned().version().equals(version);
    }

    Version version() {
        return version;
    }

    KeptLease lease() {
        return Objects.requireNonNull(lease);
    }

    void setLease(KeptLease kept) {
        lease = kept;
    }

    void addWaiting(Consumer<@Nullable CommitOutcome<Contender>> callback) {
        if (waiting.isEmpty()) {
            waiting = new LinkedHashSet<>();
        }
        waiting.add(callback);
    }

    void removeWaiting(Consumer<@Nullable CommitOutcome<Contender>> callback) {
        if (!waiting.isEmpty()) {
            waiting.remove(callback);
        }
    }

    Set<Consumer<@Nullable CommitOutcome<Contender>>> takeWaiting() {
        Set<Consumer<@Nullable CommitOutcome<Contender>>> taken = waiting;
        waiting = Set.of();
        return taken;
    }
}
