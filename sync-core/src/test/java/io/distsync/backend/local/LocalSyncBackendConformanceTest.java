package io.distsync.backend.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.Capability;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.SyncBackendConformance;
import io.distsync.time.VirtualTime;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

class LocalSyncBackendConformanceTest extends SyncBackendConformance {

    @Override
    protected BackendFixture fixture() {
        return new LocalFixture();
    }

    /** A store in the heap, its time moved by hand. Its clients are one object, as services that share it have it. */
    private static final class LocalFixture implements BackendFixture {

        private static final String NO_CONNECTION = "callers reach a local store by method calls";
        private static final String NO_STORE_APART = "a local store lives and dies with its process as a whole";

        private final VirtualTime time = new VirtualTime();
        private final LocalSyncBackend backend =
                LocalSyncBackend.builder().time(time).scheduler(time).build();

        @Override
        public SyncBackend open() {
            return backend;
        }

        @Override
        public void advance(Duration step) {
            time.advance(step);
        }

        @Override
        public Map<Capability, String> lacking() {
            Map<Capability, String> lacking = new EnumMap<>(Capability.class);
            lacking.put(Capability.CONNECTION, NO_CONNECTION);
            lacking.put(Capability.SILENCE, NO_CONNECTION);
            lacking.put(Capability.LOST_REPLY, NO_CONNECTION);
            lacking.put(Capability.REFUSAL, NO_CONNECTION);
            lacking.put(Capability.RESTART, NO_STORE_APART);
            lacking.put(Capability.REWIND, NO_STORE_APART);
            lacking.put(Capability.LOSE_STATE, NO_STORE_APART);
            lacking.put(Capability.LOSE_LOG, NO_STORE_APART);
            lacking.put(Capability.LOSE_TOPIC, NO_STORE_APART);
            lacking.put(Capability.FLUSH_CACHES, "a local store has no caches");
            lacking.put(Capability.FOREIGN_DATA, NO_STORE_APART);
            lacking.put(Capability.UNKNOWN_LAYOUT, "a local store serialises nothing");
            lacking.put(Capability.WALL_CLOCK, "the store's time source cannot jump by its contract");
            return lacking;
        }

        @Override
        public void close() {
            backend.close();
            time.advance(sweep().multipliedBy(2));
            assertThat(time.pendingTasks())
                    .as("tasks scheduled by the closed backend")
                    .isZero();
        }
    }
}
