package io.distsync.backend.support;

import io.distsync.backend.Change;
import io.distsync.backend.Entry;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Payload;
import io.distsync.version.Version;
import java.util.Comparator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The place of one entry: the change that wrote it, and its lease. Not thread-safe. */
final class Slot {

    /** Order of expiry. */
    static final Comparator<Slot> BY_DEADLINE =
            Comparator.comparingLong((Slot slot) -> slot.deadlineMillis).thenComparing(slot -> slot.key);

    final String key;
    Change written;
    LeaseRule.@Nullable Set lease;
    long deadlineMillis = Long.MAX_VALUE;

    Slot(String key, Change written) {
        this.key = key;
        this.written = written;
    }

    Version version() {
        return written.version();
    }

    Payload payload() {
        return Objects.requireNonNull(written.payload());
    }

    Entry entry() {
        return new Entry(key, payload(), version(), lease == null ? null : lease.id());
    }
}
