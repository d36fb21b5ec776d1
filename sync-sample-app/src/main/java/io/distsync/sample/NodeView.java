package io.distsync.sample;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncListenerCallbacks;
import io.distsync.Versioned;
import io.distsync.backend.Subscription;
import org.springframework.stereotype.Component;

/** What this node knows of the shared state: local reads, no I/O. */
@Component
final class NodeView {

    private final DistributedSync<AppState> state;
    private final String node;

    NodeView(DistributedSync<AppState> state, SampleProperties properties) {
        this.state = state;
        this.node = properties.node();
    }

    Versioned<AppState> versioned() {
        return state.versioned();
    }

    StateView latest() {
        return of(state.versioned());
    }

    StateView of(Versioned<AppState> versioned) {
        return new StateView(
                state.topic().name(),
                versioned.value(),
                versioned.present(),
                versioned.version().revision(),
                versioned.version().epoch(),
                status(),
                node);
    }

    String status() {
        return state.status().state().name();
    }

    Subscription follow(SyncListenerCallbacks<AppState> listener) {
        return state.onChange(Delivery.EVERY, listener);
    }
}
