package io.distsync.boot.autoconfigure;

import io.distsync.SyncService;
import io.distsync.boot.SyncListenerRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.context.SmartLifecycle;

/**
 * Starts and stops the listeners with the context.
 *
 * <p>Listeners keep something of the application in step with the shared state, so they run whenever requests are served:
 * they start before the web server (phase {@link #PHASE}; Spring Boot's web server has {@code DEFAULT_PHASE - 2048} and its
 * graceful shutdown {@code DEFAULT_PHASE - 1024}) and stop after it, so that a request which waits for what a listener does
 * is still answered. A call under way is waited for; changes that were not yet told are dropped, because a restart of the
 * context begins with the present state. The service itself is not stopped here but closed as a bean, after every bean
 * that uses it.
 */
final class ListenerLifecycle implements SyncListenerRegistry, SmartLifecycle {

    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 3072;

    private final SyncService service;
    private final Map<String, ListenerContainer<?>> containers = new ConcurrentHashMap<>();
    private volatile boolean running;

    ListenerLifecycle(SyncService service) {
        this.service = service;
    }

    boolean contains(String id) {
        return containers.containsKey(id);
    }

    void add(ListenerContainer<?> container, String place) {
        if (containers.putIfAbsent(container.id(), container) != null) {
            throw new InvalidSyncListenerException(
                    place,
                    "has the id '" + container.id() + "', which another listener has already.",
                    "Give each listener an id of its own.");
        }
    }

    @Override
    public Set<String> ids() {
        return new TreeSet<>(containers.keySet());
    }

    @Override
    public boolean isRunning(String id) {
        return container(id).isRunning();
    }

    @Override
    public void start(String id) {
        container(id).start(service);
    }

    @Override
    public void stop(String id) {
        container(id).stop();
    }

    @Override
    public void start() {
        running = true;
        for (ListenerContainer<?> container : containers.values()) {
            if (container.autoStartup()) {
                container.start(service);
            }
        }
    }

    /** Waits for the calls under way. */
    @Override
    public void stop() {
        List<ListenerContainer<?>> all = new ArrayList<>(containers.values());
        all.forEach(ListenerContainer::mute);
        all.forEach(ListenerContainer::stop);
        running = false;
    }

    /** Waits on a thread of its own, so that a listener that does not return cannot hold up the shutdown for ever. */
    @Override
    public void stop(Runnable callback) {
        if (containers.isEmpty()) {
            running = false;
            callback.run();
            return;
        }
        Thread waiting = new Thread(
                () -> {
                    try {
                        stop();
                    } finally {
                        callback.run();
                    }
                },
                "distsync-listeners-stop");
        waiting.setDaemon(true);
        waiting.start();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    private ListenerContainer<?> container(String id) {
        ListenerContainer<?> container = containers.get(id);
        if (container == null) {
            throw new IllegalArgumentException("no listener has the id '" + id + "'; there are " + ids());
        }
        return container;
    }
}
