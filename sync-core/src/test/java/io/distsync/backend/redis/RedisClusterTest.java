package io.distsync.backend.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.distsync.NothingLeftBehind;
import io.distsync.backend.Change;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Mutation;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.backend.Scope;
import io.distsync.backend.SyncBackend;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.testsupport.redis.RedisCluster;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.version.Version;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is particular to a cluster. */
class RedisClusterTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    private static RedisCluster cluster;
    private static RedisClusterClient driver;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    @BeforeAll
    static void start() {
        cluster = RedisCluster.start(3, Durability.ALWAYS);
        driver = RedisClusterClient.create(seed());
        assumeTrue(cluster.hasShardedChannels(), "the cluster is older than 7.0");
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        cluster.close();
    }

    private static RedisURI seed() {
        return RedisURI.create("127.0.0.1", cluster.masters().get(0).port());
    }

    private static SyncBackend open() {
        return RedisSyncBackend.builder(driver, seed())
                .sweep(Duration.ofMillis(50))
                .build();
    }

    @Test
    void topicThatMovesIsFollowedWhereItIs() {
        String topic = "moves";
        try (SyncBackend backend = open();
                Told told = Told.follow(backend, topic, Scope.entries())) {
            Committed before = add(backend, topic, 1, Version.ABSENT);
            await().atMost(BOUND).until(() -> before.head().equals(told.position()));

            move(SlotHash.getSlot(topic));
            Committed after = add(backend, topic, 2, before.head());

            assertThat(after.head().revision()).isEqualTo(2);
            await().atMost(BOUND).until(() -> after.head().equals(told.position()));
            await().atMost(BOUND).until(told::isCurrent);
            assertThat(told.resets()).isZero();
            Committed live = add(backend, topic, 3, after.head());
            await().atMost(BOUND).until(() -> live.head().equals(told.position()));
        }
    }

    @Test
    void masterThatRestartsIsFollowedAgain() {
        List<String> topics = IntStream.range(0, 30).mapToObj(i -> "topic-" + i).toList();
        try (SyncBackend backend = open()) {
            List<Told> all = topics.stream()
                    .map(topic -> Told.follow(backend, topic, Scope.entries()))
                    .toList();
            topics.forEach(topic -> add(backend, topic, 1, Version.ABSENT));
            RedisServer master = cluster.masters().get(1);
            master.kill();
            master.start();

            for (int i = 0; i < topics.size(); i++) {
                Version head = add(backend, topics.get(i), 2, Version.ABSENT).head();
                Told told = all.get(i);
                await().atMost(BOUND).until(() -> head.equals(told.position()));
                assertThat(told.resets()).isZero();
            }
            all.forEach(Told::close);
        }
    }

    @Test
    void leasesExpireOnEveryNode() {
        assertLeasesExpire("leased-");
    }

    private static void assertLeasesExpire(String prefix) {
        List<String> topics = IntStream.range(0, 30).mapToObj(i -> prefix + i).toList();
        try (SyncBackend other = open()) {
            List<Told> all = topics.stream()
                    .map(topic -> Told.follow(other, topic, Scope.log()))
                    .toList();
            leaseIn(topics); // by a node that is gone then: whoever is left sweeps

            for (Told told : all) {
                await().atMost(BOUND).until(() -> told.changes().size() == 2);
                assertThat(told.changes().get(1).cause()).isEqualTo(Change.Cause.EXPIRED);
                told.close();
            }
        }
    }

    @Test
    @DisplayName("B60: numbers of no slots do not keep leases from expiring")
    void numbersOfNoSlotsDoNotKeepLeasesFromExpiring() {
        RedisServer master = cluster.masters().get(SlotHash.getSlot("slots") * 3 / SlotHash.SLOT_COUNT);
        master.call("SADD", "slots", "nonsense", "", "-1", "16384", "99999999999", "\u00ff");

        assertLeasesExpire("leased-beside-nonsense-");

        await().atMost(BOUND)
                .untilAsserted(() -> assertThat(master.call("SISMEMBER", "slots", "nonsense"))
                        .isEqualTo(0L));
    }

    @Test
    void replicasAreAskedOnTheServerOfTheTopic() {
        try (SyncBackend backend = RedisSyncBackend.builder(driver, seed())
                .waitForReplicas(1, Duration.ofMillis(1))
                .build()) {
            IntStream.range(0, 30)
                    .mapToObj(i -> backend.commit(Commit.of(
                            "asked-" + i,
                            new RequestId(5, 1),
                            Version.ABSENT,
                            List.of(),
                            List.of(Mutation.add("n", 1)))))
                    .toList()
                    .forEach(commit -> assertThat(commit.toCompletableFuture())
                            .failsWithin(BOUND)
                            .withThrowableThat()
                            .withCauseInstanceOf(OutcomeUnknownException.class)
                            .withMessageContaining("only 0 of 1 replicas"));
        }
    }

    private static void leaseIn(List<String> topics) {
        Mutation put =
                Mutation.put("key", Payload.ofBytes(new byte[] {1}), LeaseRule.set("id", Duration.ofMillis(300)));
        try (SyncBackend backend = open()) {
            for (String topic : topics) {
                insist(backend, Commit.of(topic, new RequestId(6, 1), Version.ABSENT, List.of(), List.of(put)));
            }
        }
    }

    /** Moves a slot with its keys from its master to the next one, as an operator would. */
    private static void move(int slot) {
        int owner = IntStream.range(0, 3)
                .filter(i -> slot >= i * SlotHash.SLOT_COUNT / 3 && slot < (i + 1) * SlotHash.SLOT_COUNT / 3)
                .findFirst()
                .orElseThrow();
        RedisServer from = cluster.masters().get(owner);
        RedisServer to = cluster.masters().get((owner + 1) % 3);
        String number = String.valueOf(slot);
        String source = String.valueOf(from.call("CLUSTER", "MYID"));
        String target = String.valueOf(to.call("CLUSTER", "MYID"));
        to.call("CLUSTER", "SETSLOT", number, "IMPORTING", source);
        from.call("CLUSTER", "SETSLOT", number, "MIGRATING", target);
        List<String> migrate =
                new ArrayList<>(List.of("MIGRATE", "127.0.0.1", String.valueOf(to.port()), "", "0", "5000", "KEYS"));
        for (Object key : (List<?>) Objects.requireNonNull(from.call("CLUSTER", "GETKEYSINSLOT", number, "100"))) {
            migrate.add(String.valueOf(key));
        }
        from.call(migrate.toArray(String[]::new));
        for (RedisServer master : List.of(to, from, cluster.masters().get((owner + 2) % 3))) {
            master.call("CLUSTER", "SETSLOT", number, "NODE", target);
        }
    }

    private static Committed add(SyncBackend backend, String topic, long sequence, Version known) {
        return insist(
                backend, Commit.of(topic, new RequestId(5, sequence), known, List.of(), List.of(Mutation.add("n", 1))));
    }

    private static Committed insist(SyncBackend backend, Commit commit) {
        CommitResult result = await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .ignoreExceptions()
                .until(() -> backend.commit(commit).toCompletableFuture().get(), answer -> true);
        assertThat(result).isInstanceOf(Committed.class);
        return (Committed) result;
    }
}
