package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.backend.BackendFixture;
import io.distsync.backend.SyncBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Several real servers for services, which find their way by themselves. */
final class RedisNodesFixture implements ServiceFixture {

    private final BackendFixture store;
    private final List<SyncBackend> nodes = new ArrayList<>();

    RedisNodesFixture(BackendFixture store) {
        this.store = store;
    }

    @Override
    public SyncBackend connect() {
        SyncBackend node = store.open();
        nodes.add(node);
        return node;
    }

    @Override
    public Map<Capability, String> missing() {
        return Map.of(
                Capability.STORE_TIME, "the servers' clock is the machine's; shown on one server",
                Capability.CONNECTION, "clients find the servers by themselves, past any proxy",
                Capability.FEED_DELAY, "a feed that is held back is found by its heartbeat and opened anew");
    }

    @Override
    public void close() {
        nodes.forEach(SyncBackend::close);
        store.close();
    }
}
