package io.distsync.boot.autoconfigure;

import io.distsync.SyncTopic;

/** The state most tests share. */
@SyncTopic("app_state")
public record AppState(long counter, String note) {

    AppState() {
        this(0, "");
    }

    public AppState increment() {
        return new AppState(counter + 1, note);
    }
}
