package io.distsync.backend.support;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.Capability;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.SyncBackendConformance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Topic store and follower as a remote backend would use them: the suite's cases of broken connections and lost history
 * are played here without a server.
 */
class SimulatedStoreConformanceTest extends SyncBackendConformance {

    @Override
    protected BackendFixture fixture() {
        return new SimulatedFixture();
    }

    private static final class SimulatedFixture implements BackendFixture {

        private static final String ONE_STATE = "topic stores keep state and log together";

        private final SimulatedStore store = new SimulatedStore();
        private final List<SimulatedStore.Client> clients = new ArrayList<>();

        @Override
        public SyncBackend open() {
            clients.add(store.open());
            return clients.get(clients.size() - 1);
        }

        @Override
        public Map<Capability, String> lacking() {
            Map<Capability, String> lacking = new EnumMap<>(Capability.class);
            lacking.put(Capability.SILENCE, "the simulation has no heartbeat");
            lacking.put(Capability.RESTART, "topic stores open no new epoch on data that was kept");
            lacking.put(Capability.LOSE_STATE, ONE_STATE);
            lacking.put(Capability.LOSE_LOG, ONE_STATE);
            lacking.put(Capability.FLUSH_CACHES, "the simulation has no caches");
            lacking.put(Capability.FOREIGN_DATA, "the simulation stores objects of one kind");
            lacking.put(Capability.UNKNOWN_LAYOUT, "the simulation serialises nothing");
            lacking.put(Capability.WALL_CLOCK, "the time source cannot jump by its contract");
            return lacking;
        }

        @Override
        public Duration sweep() {
            return SimulatedStore.SWEEP;
        }

        @Override
        public void advance(Duration time) {
            store.advance(time);
        }

        @Override
        public void cut(SyncBackend client) {
            ((SimulatedStore.Client) client).cut();
        }

        @Override
        public void heal(SyncBackend client) {
            ((SimulatedStore.Client) client).heal();
        }

        @Override
        public void loseNextReply(SyncBackend client) {
            ((SimulatedStore.Client) client).loseNextReply();
        }

        @Override
        public void refuseNext(SyncBackend client) {
            ((SimulatedStore.Client) client).refuseNext();
        }

        @Override
        public Runnable remember() {
            return store.remember();
        }

        @Override
        public void loseTopic(String topic) {
            store.lose(topic);
        }

        @Override
        public void close() {
            clients.forEach(SyncBackend::close);
        }
    }
}
