package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.DistributedSync;
import io.distsync.NothingLeftBehind;
import io.distsync.SyncMap;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.Map;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a service believes of a state that the store has lost meanwhile, while its feed is behind or cut off. */
@Timeout(120)
class RedisReplicaTest {

    private static final Topic<Ledger> TOPIC = Topic.of("ledger", Ledger.class).withInitial(() -> Ledger.EMPTY);
    private static final Ledger KEPT = new Ledger("kept", Map.of());
    private static final Ledger LOST = new Ledger("lost", Map.of());

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private RedisServer master;
    private FaultProxy replication;
    private RedisServer replica;
    private FaultProxy proxy;
    private SyncBackend backend;
    private SyncService service;

    @BeforeEach
    void start() {
        master = RedisServer.start(Durability.NONE, "repl-diskless-sync-delay 0");
        replication = FaultProxy.to(master.port());
        replica = RedisServer.start(Durability.NONE, "replicaof 127.0.0.1 " + replication.port());
        eventually()
                .until(() -> String.valueOf(replica.call("INFO", "replication")).contains("master_link_status:up"));
        proxy = FaultProxy.to(master.port());
        backend = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", proxy.port()))
                .heartbeat(Duration.ofSeconds(30)) // the only requests are those of the test
                .build();
        service = SyncService.builder(nothingLeftBehind.watch(backend)).build();
    }

    @AfterEach
    void stop() {
        service.close();
        backend.close();
        proxy.close();
        replica.close();
        replication.close();
        master.close();
    }

    @Test
    @DisplayName("a write the feed never told and a fail-over lost is not shown for ever")
    void state() {
        try (DistributedSync<Ledger> handle = service.sync(TOPIC)) {
            service.send(TOPIC, KEPT);
            eventually().until(() -> handle.status().isCurrent() && handle.get().equals(KEPT));
            awaitInStep();
            replication.hold();
            holdMessages();

            Versioned<Ledger> lost = service.send(TOPIC, LOST);
            assertThat(handle.versioned()).isEqualTo(lost);
            failOver();
            eventually().until(() -> !handle.status().isCurrent());
            connect();

            eventually().until(() -> handle.status().isCurrent());
            assertThat(service.fetchLatest(TOPIC).orElseThrow().value()).isEqualTo(KEPT);
            assertThat(handle.get()).isEqualTo(KEPT);
        }
    }

    @Test
    @DisplayName("entries the feed never told and a fail-over lost are not shown for ever")
    void entries() {
        try (SyncMap<Ledger> map = service.map(TOPIC)) {
            var held = map.replica();
            map.put("a", KEPT);
            eventually().until(() -> held.status().isCurrent() && held.entries().size() == 1);
            awaitInStep();
            replication.hold();
            holdMessages();

            map.commit(commit -> commit.put("a", LOST).put("b", LOST));
            assertThat(held.entries()).hasSize(2);
            failOver();
            eventually().until(() -> !held.status().isCurrent());
            connect();

            eventually().until(() -> held.status().isCurrent());
            assertThat(held.entries()).hasSize(1);
            assertThat(held.get("a").orElseThrow().value()).isEqualTo(KEPT);
        }
    }

    @Test
    @DisplayName("nor are they when another node has gone on behind the fail-over")
    void entriesBehindTheWriteOfAnother() {
        try (SyncMap<Ledger> map = service.map(TOPIC)) {
            var held = map.replica();
            map.put("a", KEPT);
            eventually().until(() -> held.status().isCurrent() && held.entries().size() == 1);
            awaitInStep();
            replication.hold();
            holdMessages();

            map.put("a", LOST);
            failOver();
            eventually().until(() -> !held.status().isCurrent());
            putThroughAnother("c");
            connect();

            eventually().until(() -> held.status().isCurrent());
            assertThat(held.entries()).containsOnlyKeys("a", "c");
            assertThat(held.get("a").orElseThrow().value()).isEqualTo(KEPT);
        }
    }

    private void putThroughAnother(String key) {
        try (SyncBackend there = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", replica.port()))
                        .build();
                SyncService other = SyncService.builder(there).build();
                SyncMap<Ledger> map = other.map(TOPIC)) {
            map.put(key, KEPT);
        }
    }

    @Test
    @DisplayName("an update of a state that was lost does not wait until the feed has noticed")
    void lostState() {
        try (DistributedSync<Ledger> handle = service.sync(TOPIC)) {
            service.send(TOPIC, KEPT);
            eventually().until(() -> handle.status().isCurrent() && handle.get().equals(KEPT));
            master.call("FLUSHALL");

            Versioned<Ledger> after = service.optimisticUpdate(TOPIC, state -> state.plus("worker", "first"));
            assertThat(after.value()).isEqualTo(Ledger.EMPTY.plus("worker", "first"));
            assertThat(after.version().revision()).isEqualTo(1);
            eventually().until(() -> handle.versioned().equals(after));
        }
    }

    /** Until the replica has what the master has. */
    private void awaitInStep() {
        assertThat(master.call("WAIT", "1", "20000")).isEqualTo(1L);
        eventually().until(() -> replica.call("DBSIZE").equals(master.call("DBSIZE")));
    }

    /** What commits tell the channel does not arrive; their replies do. */
    private void holdMessages() {
        String subscriber = String.valueOf(master.call("CLIENT", "LIST", "TYPE", "PUBSUB"));
        proxy.holdRepliesTo(subscriber.contains("cmd=ping") ? "PING" : "SUBSCRIBE");
    }

    /** The replica takes over; whoever was connected to the master is not. */
    private void failOver() {
        proxy.refuse(true);
        proxy.cut();
        master.kill();
        assertThat(replica.call("REPLICAOF", "NO", "ONE")).isEqualTo("OK");
    }

    private void connect() {
        proxy.retarget(replica.port());
        proxy.release();
        proxy.refuse(false);
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(5));
    }
}
