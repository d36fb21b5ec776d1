package io.distsync.lock;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.NothingLeftBehind;
import io.distsync.ServiceFixture;
import io.distsync.ServiceFixture.Capability;
import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** The nodes of one test: each has a service and locks of its own, and a clock that can be moved as a pause would. */
final class LockNodes implements AutoCloseable {

    private final ServiceFixture fixture;
    private final NothingLeftBehind watch;
    private final String run = UUID.randomUUID().toString();
    private final List<Node> nodes = new ArrayList<>();

    LockNodes(ServiceFixture fixture, NothingLeftBehind watch) {
        this.fixture = fixture;
        this.watch = watch;
    }

    /** One process, as far as locks are concerned. */
    final class Node {

        private final SyncBackend backend = fixture.connect();
        private final AtomicLong skipped = new AtomicLong();
        private final SyncService service = fixture.configure(SyncService.builder(watch.watch(backend)))
                .name("node" + nodes.size())
                .build();
        private final SyncLocks locks = SyncLocks.builder(service)
                .owner("node" + nodes.size())
                .prefix("lock:" + run + ":")
                .time(new Skipping())
                .build();

        SyncService service() {
            return service;
        }

        SyncLocks locks() {
            return locks;
        }

        /** As if nothing had run for so long: the clock is ahead, and timers are late. */
        void wakeAfter(Duration pause) {
            skipped.addAndGet(pause.toNanos());
        }

        void cut() {
            fixture.cut(backend);
        }

        void heal() {
            fixture.heal(backend);
        }

        private final class Skipping implements TimeSource {

            private final TimeSource system = TimeSource.system();

            @Override
            public long nanos() {
                return system.nanos() + skipped.get();
            }

            @Override
            public long epochMillis() {
                return system.epochMillis() + skipped.get() / 1_000_000;
            }
        }
    }

    void require(Capability... needed) {
        for (Capability capability : needed) {
            String reason = fixture.missing().get(capability);
            assumeTrue(reason == null, () -> "not played here: " + capability + ": " + reason);
        }
    }

    Node open() {
        Node node = new Node();
        nodes.add(node);
        return node;
    }

    /** A name no other test uses. */
    String topic(String name) {
        return "guarded:" + run + ":" + name;
    }

    /** Of a lock, its topic. */
    String topicOf(String lock) {
        return "lock:" + run + ":" + lock;
    }

    /** Lets so much of the store's time pass. */
    void advance(Duration time) {
        require(Capability.STORE_TIME);
        fixture.advance(time);
    }

    @Override
    public void close() {
        nodes.forEach(node -> node.locks().close());
        nodes.forEach(node -> node.service().close());
        fixture.close();
    }
}
