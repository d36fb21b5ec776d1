package io.distsync.boot.first.docs;

import io.distsync.SyncTopic;

@SyncTopic("visits")
record Visits(long count) {

    Visits() {
        this(0);
    }

    Visits plusOne() {
        return new Visits(count + 1);
    }
}
