package io.distsync.sample;

import io.distsync.SyncListenerCallbacks;
import io.distsync.Versioned;
import io.distsync.version.Version;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter.SseEventBuilder;

/**
 * The events of one client, who is a listener of the shared state like any other: the library keeps its bounded buffer,
 * tells it every change in order, and lets nobody wait for it. Writing blocks while the client does not read; that
 * holds up this listener only, and if it misses too much it is told of a reset.
 *
 * <p>Events are {@code snapshot} (first of all: the present state), {@code change}, {@code reset} (changes were skipped
 * up to this state) and {@code status} (the feed's status is another one); the id is {@code epoch-revision}. In between
 * come {@code nodes}: all nodes as they are now, whenever that is not what was sent last.
 */
final class EventStream implements SyncListenerCallbacks<AppState> {

    private final NodeView view;
    private final Cluster cluster;
    private final Runnable onFailure;
    private final SseEmitter emitter = new SseEmitter(0L);

    /** Keeps the order of versions and the order of writes the same. */
    private final ReentrantLock writing = new ReentrantLock();

    private final AtomicBoolean pulsing = new AtomicBoolean();
    private volatile long lastWrite = System.nanoTime();
    private volatile String lastStatus = "";
    private volatile @Nullable ClusterView lastNodes;
    private @Nullable Version last;

    EventStream(NodeView view, Cluster cluster, Runnable onFailure) {
        this.view = view;
        this.cluster = cluster;
        this.onFailure = onFailure;
    }

    SseEmitter emitter() {
        return emitter;
    }

    /**
     * Sends the present state, unless the listener was told of it already. To be called once the listener is
     * registered: whatever is newer than the given state will then reach it as a change, and no change is lost between.
     */
    void start(Versioned<AppState> present) {
        tell("change", present);
    }

    @Override
    public void onChange(Versioned<AppState> state) {
        tell("change", state);
    }

    @Override
    public void onReset(Version from, Version to, Versioned<AppState> current) {
        tell("reset", current);
    }

    /** Sends the nodes, unless they are what was sent last. */
    void nodesChanged() {
        writing.lock();
        try {
            ClusterView nodes = cluster.latest();
            if (!nodes.equals(lastNodes)) {
                lastNodes = nodes;
                write(SseEmitter.event().name("nodes").data(nodes, MediaType.APPLICATION_JSON), lastStatus);
            }
        } finally {
            writing.unlock();
        }
    }

    /** Whether something other than a change has to be sent; never before the present state was. */
    boolean needsPulse(long silenceNanos) {
        boolean silent = System.nanoTime() - lastWrite >= silenceNanos;
        return !lastStatus.isEmpty()
                && (silent
                        || !lastStatus.equals(view.status())
                        || !cluster.latest().equals(lastNodes));
    }

    /** Sends the nodes and the feed's status if they are others, and a comment at least: it shows that the stream is alive. */
    void pulse() {
        if (!pulsing.compareAndSet(false, true)) {
            return; // the one before still waits for the client
        }
        try {
            nodesChanged();
            StateView now = view.latest();
            write(
                    now.status().equals(lastStatus)
                            ? SseEmitter.event().comment("heartbeat")
                            : SseEmitter.event().name("status").data(now, MediaType.APPLICATION_JSON),
                    now.status());
        } finally {
            pulsing.set(false);
        }
    }

    private void tell(String name, Versioned<AppState> state) {
        writing.lock();
        try {
            Version previous = last;
            if (previous != null && !state.version().isNewerThan(previous)) {
                return;
            }
            last = state.version();
            StateView shown = view.of(state);
            write(
                    SseEmitter.event()
                            .id(shown.epoch() + "-" + shown.version())
                            .name(previous == null ? "snapshot" : name)
                            .data(shown, MediaType.APPLICATION_JSON),
                    shown.status());
        } finally {
            writing.unlock();
        }
    }

    private void write(SseEventBuilder event, String status) {
        writing.lock();
        try {
            emitter.send(event);
            lastWrite = System.nanoTime();
            lastStatus = status;
        } catch (IOException | IllegalStateException e) {
            onFailure.run(); // the client is gone, or the stream was completed
        } finally {
            writing.unlock();
        }
    }
}
