package io.distsync;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.ServiceFixture.Capability;
import io.distsync.backend.SyncBackend;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The nodes of one test of a recipe: each has a service of its own, and a clock that can be moved as a pause would. A suite
 * derives its kind of node from {@link Node}.
 */
public final class RecipeNodes implements AutoCloseable {

    private final ServiceFixture fixture;
    private final NothingLeftBehind watch;
    private final String run = UUID.randomUUID().toString();
    private final List<Node> nodes = new ArrayList<>();

    /** Nodes on the store of a fixture, which is closed with them. */
    public RecipeNodes(ServiceFixture fixture, NothingLeftBehind watch) {
        this.fixture = fixture;
        this.watch = watch;
    }

    /** One process, as far as the recipe is concerned. Closed with the others, the recipe first. */
    public abstract static class Node {

        private final RecipeNodes nodes;
        private final String name;
        private final SyncBackend backend;
        private final AtomicLong skipped = new AtomicLong();
        private final TimeSource time = new Skipping();
        private final SyncService service;

        protected Node(RecipeNodes nodes) {
            this.nodes = nodes;
            name = "node" + nodes.nodes.size();
            backend = nodes.fixture.connect();
            service = nodes.fixture
                    .configure(SyncService.builder(nodes.watch.watch(backend)))
                    .name(name)
                    .build();
            nodes.nodes.add(this);
        }

        /** Closes what was made of the recipe on this node. */
        protected abstract void closeRecipe();

        public String name() {
            return name;
        }

        public SyncService service() {
            return service;
        }

        /** For the recipe; the service has the clock of the system. */
        public TimeSource time() {
            return time;
        }

        /** As if nothing had run for so long: the clock is ahead, and timers are late. */
        public void wakeAfter(Duration pause) {
            skipped.addAndGet(pause.toNanos());
        }

        public void cut() {
            nodes.fixture.cut(backend);
        }

        public void heal() {
            nodes.fixture.heal(backend);
        }

        public void holdFeeds() {
            nodes.fixture.holdFeeds(backend);
        }

        public void releaseFeeds() {
            nodes.fixture.releaseFeeds(backend);
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

    /** Skips the test where this cannot be played. */
    public void require(Capability... needed) {
        for (Capability capability : needed) {
            String reason = fixture.missing().get(capability);
            assumeTrue(reason == null, () -> "not played here: " + capability + ": " + reason);
        }
    }

    /** A name no other test uses. */
    public String unique(String name) {
        return run + ":" + name;
    }

    /** Lets so much of the store's time pass. */
    public void advance(Duration time) {
        require(Capability.STORE_TIME);
        fixture.advance(time);
    }

    @Override
    public void close() {
        nodes.forEach(Node::closeRecipe);
        nodes.forEach(node -> node.service.close());
        fixture.close();
    }
}
