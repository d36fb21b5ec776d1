package io.distsync.boot.docs;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Versioned;
import io.distsync.boot.SyncListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** The bean of the README. */
@Component
class Visits {

    private static final Logger log = LoggerFactory.getLogger(Visits.class);

    private final SyncService sync;
    private final DistributedSync<AppState> state;

    Visits(SyncService sync, DistributedSync<AppState> state) {
        this.sync = sync;
        this.state = state;
    }

    /** Reads, applies and compares until it wins; concurrent calls travel together. */
    Versioned<AppState> count() {
        return sync.optimisticUpdate(AppState.class, before -> before.plus(1));
    }

    /** A local read without I/O. */
    long counted() {
        return state.get().counter();
    }

    @SyncListener
    void changed(Versioned<AppState> change) {
        log.info("{} is now {}", change.version(), change.value());
    }
}
