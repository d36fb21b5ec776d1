package io.distsync.sample;

import io.distsync.Versioned;
import io.distsync.boot.SyncListener;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;

/** Listens to the shared state and keeps the latest changes, for pages that were not there when they happened. */
@Component
final class ChangeLog {

    private static final Logger log = LoggerFactory.getLogger(ChangeLog.class);
    private static final int KEPT = 100;

    private final NodeView view;
    private final Deque<Entry> newestFirst = new ArrayDeque<>(KEPT);

    ChangeLog(NodeView view) {
        this.view = view;
    }

    @SyncListener
    void changed(Versioned<AppState> state) {
        log.debug("{} is now {}", state.version(), state.present() ? state.value() : "absent");
        Entry entry = new Entry(view.of(state), Instant.now());
        synchronized (newestFirst) {
            if (newestFirst.size() == KEPT) {
                newestFirst.removeLast();
            }
            newestFirst.addFirst(entry);
        }
    }

    List<Entry> newestFirst() {
        synchronized (newestFirst) {
            return List.copyOf(newestFirst);
        }
    }

    /**
     * A change this node was told of.
     *
     * @param at when it arrived, by the clock of this node
     */
    record Entry(StateView state, Instant at) {}
}
