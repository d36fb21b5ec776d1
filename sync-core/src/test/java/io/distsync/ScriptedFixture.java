package io.distsync;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.time.VirtualTime;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;

/** A local backend as a store that every node reaches over a connection of its own. */
final class ScriptedFixture implements ServiceFixture {

    static final int MAX_PAYLOAD_BYTES = 20_000;

    private final VirtualTime time = new VirtualTime();
    private final LocalSyncBackend store =
            LocalSyncBackend.builder().time(time).scheduler(time).build();
    private final Consumer<ScriptedBackend> connected;

    ScriptedFixture() {
        this(connection -> {});
    }

    /** @param connected is given each connection, to play faults on it */
    ScriptedFixture(Consumer<ScriptedBackend> connected) {
        this.connected = connected;
    }

    @Override
    public ScriptedBackend connect() {
        ScriptedBackend connection = new ScriptedBackend(store, MAX_PAYLOAD_BYTES);
        connected.accept(connection);
        return connection;
    }

    @Override
    public Map<Capability, String> missing() {
        return Map.of();
    }

    @Override
    public void advance(Duration step) {
        time.advance(step);
    }

    @Override
    public void cut(SyncBackend node) {
        ((ScriptedBackend) node).cut();
    }

    @Override
    public void heal(SyncBackend node) {
        ((ScriptedBackend) node).heal();
    }

    @Override
    public void holdFeeds(SyncBackend node) {
        ((ScriptedBackend) node).holdFeeds();
    }

    @Override
    public void releaseFeeds(SyncBackend node) {
        ((ScriptedBackend) node).releaseFeeds();
    }

    @Override
    public void close() {
        store.close();
    }
}
