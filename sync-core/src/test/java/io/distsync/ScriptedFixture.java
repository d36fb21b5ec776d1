package io.distsync;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.time.VirtualTime;
import java.time.Duration;
import java.util.Map;

/** A local backend as a store that every node reaches over a connection of its own. */
final class ScriptedFixture implements ServiceFixture {

    static final int MAX_PAYLOAD_BYTES = 20_000;

    private final VirtualTime time = new VirtualTime();
    private final LocalSyncBackend store =
            LocalSyncBackend.builder().time(time).scheduler(time).build();

    @Override
    public ScriptedBackend connect() {
        return new ScriptedBackend(store, MAX_PAYLOAD_BYTES);
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
