package io.distsync.queue;

import io.distsync.CommitOutcome;
import io.distsync.lease.KeptLease;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

    private List<Consumer<@Nullable CommitOutcome<Contender>>> waiting = List.of();

    Place(String key, Version version) {
        this.key = key;
        this.version = version;
    }

    public String key() {
        return key;
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
            waiting = new ArrayList<>(1);
        }
        waiting.add(callback);
    }

    List<Consumer<@Nullable CommitOutcome<Contender>>> takeWaiting() {
        List<Consumer<@Nullable CommitOutcome<Contender>>> taken = waiting;
        waiting = List.of();
        return taken;
    }
}
