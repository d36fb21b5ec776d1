package io.distsync.benchmarks;

import io.distsync.SyncTopic;

/** The state every benchmark keeps: an immutable record, as an application would have it. */
@SyncTopic("app_state")
public record AppState(long counter, String note) {

    public AppState() {
        this(0, "");
    }

    /** The next state: a new record with the counter one higher. */
    public AppState incremented() {
        return new AppState(counter + 1, note);
    }

    /** The next state, with another note. */
    AppState incremented(String newNote) {
        return new AppState(counter + 1, newNote);
    }
}
