package io.distsync.queue;

import io.distsync.MapEntry;
import io.distsync.lease.KeptLease;
import io.distsync.version.Version;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
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
    private Set<Successor> successors = Set.of();

    /** Who had it alone has gone: whoever comes right after has its turn, though the store still has the entry. */
    private boolean open;

    /** A contender of this node that waits for a place of this node. */
    public interface Successor {

        /**
         * The place is given up.
         *
         * @param first whether nobody is before the successor any more; if not, that is to be looked for
         * @return whether it takes its turn
         */
        boolean turn(boolean first);
    }

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

    /** Under the monitor of the line. */
    public boolean isOpen() {
        return open;
    }

    void open() {
        open = true;
    }

    void add(Successor successor) {
        if (successors.isEmpty()) {
            successors = new LinkedHashSet<>();
        }
        successors.add(successor);
    }

    void remove(Successor successor) {
        if (!successors.isEmpty()) {
            successors.remove(successor);
        }
    }

    Set<Successor> takeSuccessors() {
        Set<Successor> taken = successors;
        successors = Set.of();
        return taken;
    }
}
