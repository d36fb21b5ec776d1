package io.distsync.backend.redis;

import io.distsync.ServiceFixture;
import io.distsync.backend.BackendFixture;
import io.distsync.backend.SyncBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Real servers for services; each node has a backend of its own. */
public final class RedisServiceFixture implements ServiceFixture {

    private final BackendFixture store;
    private final List<SyncBackend> nodes = new ArrayList<>();

    /** @param store closed with this */
    public RedisServiceFixture(BackendFixture store) {
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
        Map<Capability, String> missing = new EnumMap<>(Capability.class);
        missing.put(Capability.FEED_DELAY, "a feed that is held back is found by its heartbeat and opened anew");
        store.lacking().forEach((lacking, reason) -> {
            switch (lacking) {
                case TIME -> missing.put(Capability.STORE_TIME, reason);
                case CONNECTION -> missing.put(Capability.CONNECTION, reason);
                default -> {
                    // the cases of the service do not need it
                }
            }
        });
        return missing;
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
