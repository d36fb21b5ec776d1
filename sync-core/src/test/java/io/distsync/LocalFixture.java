package io.distsync;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.time.VirtualTime;
import java.time.Duration;
import java.util.Map;

/** One local backend, which is the store and the connection of every node. */
public final class LocalFixture implements ServiceFixture {

    private final VirtualTime time = new VirtualTime();
    private final LocalSyncBackend store =
            LocalSyncBackend.builder().time(time).scheduler(time).build();

    @Override
    public SyncBackend connect() {
        return store;
    }

    @Override
    public Map<Capability, String> missing() {
        return Map.of(
                Capability.CONNECTION, "the store is in the same memory",
                Capability.FEED_DELAY, "followers are told within the commit",
                Capability.SERIALIZES, "payloads stay objects");
    }

    @Override
    public void advance(Duration step) {
        time.advance(step);
    }

    @Override
    public void close() {
        store.close();
    }
}
