package io.distsync.boot.docs;

import io.distsync.SyncTopic;

/** The state of the examples. */
@SyncTopic("app_state")
record AppState(long counter, String note) {

    AppState() {
        this(0, "");
    }

    AppState plus(long by) {
        return new AppState(counter + by, note);
    }
}
