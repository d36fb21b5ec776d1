package io.distsync;

import io.distsync.backend.Payload;
import org.jspecify.annotations.Nullable;

/** One entry as it stands within a draft: as the store had it, or as the draft has written it by now. */
final class Cell {

    final String key;

    /** What the draft assumes the store to hold, or {@code null} while nothing needed to be assumed. */
    @Nullable
    Known assumed;

    /** The draft's last write of this entry, counted among its mutations; -1 if it has not written it. */
    int mutation = -1;

    /** What the entry holds after that write; {@code null} if it was deleted. */
    private @Nullable Payload written;

    /** Whether the commit checks what was assumed. */
    boolean checked;

    Cell(String key) {
        this.key = key;
    }

    boolean isWritten() {
        return mutation >= 0;
    }

    void write(int index, @Nullable Payload payload) {
        mutation = index;
        written = payload;
    }

    /** What the entry holds by now; {@code null} if it is absent. Something must have been assumed or written. */
    @Nullable
    Payload payload() {
        if (isWritten()) {
            return written;
        }
        return assumed == null ? null : assumed.payload();
    }
}
