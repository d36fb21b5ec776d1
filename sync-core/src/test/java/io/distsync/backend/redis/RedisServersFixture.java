package io.distsync.backend.redis;

import static org.awaitility.Awaitility.await;

import io.distsync.backend.BackendFixture;
import io.distsync.backend.Capability;
import io.distsync.backend.Selection;
import io.distsync.backend.SyncBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Several real servers on their own clock, among which clients find their way by themselves. Shared by the cases. */
abstract class RedisServersFixture implements BackendFixture {

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(5);
    private static final Duration SWEEP = Duration.ofMillis(50);
    private static final String NO_PROXY = "clients find the servers by themselves, past any proxy";

    private final Function<RedisSyncBackend.Builder, SyncBackend> making;
    private final List<SyncBackend> clients = new ArrayList<>();

    /** @param making what becomes of the settings of a client: a backend that stands on it, perhaps */
    RedisServersFixture(Function<RedisSyncBackend.Builder, SyncBackend> making) {
        this.making = making;
    }

    /** A client of these servers, not yet built. */
    abstract RedisSyncBackend.Builder client();

    @Override
    public final SyncBackend open() {
        SyncBackend backend =
                making.apply(client().heartbeat(Duration.ofSeconds(1)).sweep(SWEEP));
        clients.add(backend);
        return backend;
    }

    @Override
    public final Map<Capability, String> lacking() {
        Map<Capability, String> lacking = new EnumMap<>(Capability.class);
        lacking.put(
                Capability.WALL_CLOCK, "Redis counts leases by the wall clock of its machine, so a jump moves them");
        lacking.put(Capability.TIME, "the servers' clock is the machine's; shown on one server");
        lacking.put(Capability.REFUSAL, "shown on one server");
        lacking.put(Capability.REWIND, "shown on one server");
        lacking.put(Capability.CONNECTION, NO_PROXY);
        lacking.put(Capability.SILENCE, NO_PROXY);
        lacking.put(Capability.LOST_REPLY, NO_PROXY);
        return lacking;
    }

    @Override
    public final Duration sweep() {
        return SWEEP;
    }

    @Override
    public final long forgottenAfter(long retained) {
        return 2 * retained + 512;
    }

    /** Waits until each client reaches the servers again: eight topics are on any of three of them, nearly always. */
    final void awaitAnswers() {
        for (SyncBackend client : clients) {
            for (String topic : List.of("a", "b", "c", "d", "e", "f", "g", "h")) {
                await().atMost(BOUND)
                        .pollInterval(POLL)
                        .ignoreExceptions()
                        .until(() -> client.read(topic, Selection.none())
                                        .toCompletableFuture()
                                        .get()
                                != null);
            }
        }
    }

    @Override
    public final void close() {
        // the servers are shared, clients are closed by the suite
    }
}
