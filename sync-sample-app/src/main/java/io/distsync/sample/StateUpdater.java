package io.distsync.sample;

import io.distsync.SyncService;
import io.distsync.Versioned;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Everything that changes the shared state. */
@Component
final class StateUpdater {

    private static final Logger log = LoggerFactory.getLogger(StateUpdater.class);

    private final SyncService sync;

    StateUpdater(SyncService sync) {
        this.sync = sync;
    }

    /** Adds to the counter; no concurrent increment is lost, on whatever node it happens. */
    Versioned<AppState> increment(long by) {
        log.debug("adding {} to the counter", by);
        return sync.optimisticUpdate(AppState.class, state -> state.plus(by));
    }

    /** Replaces the state, whatever it was. */
    Versioned<AppState> send(AppState state) {
        return sync.send(AppState.class, state);
    }

    /** Deletes the state; true if there was one. */
    boolean delete() {
        return sync.delete(AppState.class);
    }
}
