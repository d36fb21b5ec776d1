package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.backend.SyncBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real server for services; each node has a backend and a proxy of its own. */
final class RedisServiceFixture implements ServiceFixture {

    private final RedisFixture store;
    private final List<SyncBackend> nodes = new ArrayList<>();

    RedisServiceFixture(RedisFixture store) {
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
        return Map.of(Capability.FEED_DELAY, "a feed that is held back is found by its heartbeat and opened anew");
    }

    @Override
    public void advance(Duration time) {
        store.advance(time);
    }

    @Override
    public void cut(SyncBackend node) {
        store.cut(node);
    }

    @Override
    public void heal(SyncBackend node) {
        store.heal(node);
    }

    @Override
    public void close() {
        nodes.forEach(SyncBackend::close);
        store.close();
    }
}
