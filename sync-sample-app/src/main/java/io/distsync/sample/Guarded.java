package io.distsync.sample;

import io.distsync.SyncTopic;

/** A state that only the holder of a lock may change. */
@SyncTopic("guarded")
record Guarded(long writes, String lastBy) {

    Guarded() {
        this(0, "");
    }

    Guarded writtenBy(String node) {
        return new Guarded(writes + 1, node);
    }
}
