package io.distsync.backend.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.DistributedSync;
import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.net.FaultProxy;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is closed while the server is away, or on its way to it, leaves no thread and no connection. */
@Timeout(120)
class RedisLeftoversTest {

    private static RedisServer server;
    private static RedisClient driver;

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    @BeforeAll
    static void start() {
        server = RedisServer.start(Durability.ALWAYS);
        driver = RedisClient.create();
        driver.setOptions(RedisSyncBackend.safe(ClientOptions.create()));
    }

    @AfterAll
    static void stop() {
        driver.shutdown();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @DisplayName("a backend closed while it connects leaves no connection")
    void closedWhileConnecting(int replicas) {
        try (FaultProxy proxy = FaultProxy.to(server.port())) {
            proxy.hold();
            SyncBackend backend = backend(proxy, replicas);
            eventually().until(() -> proxy.connections() == 2 + replicas);
            backend.close();
            proxy.release();
            assertNothingLeft(proxy);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    @DisplayName("backends closed at any moment of connecting leave no connection")
    void closedAtAnyMoment(int replicas) {
        Random random = new Random(1);
        try (FaultProxy proxy = FaultProxy.to(server.port())) {
            for (int i = 0; i < 100; i++) {
                int accepted = proxy.accepted();
                SyncBackend backend = backend(proxy, replicas);
                eventually().until(() -> proxy.accepted() > accepted);
                LockSupport.parkNanos(random.nextInt(10_000_000)); // any moment will do
                backend.close();
            }
            assertNothingLeft(proxy);
        }
    }

    @Test
    @DisplayName("a service closed while the server is stopped leaves nothing")
    void closedWhileAway() {
        Topic<Ledger> topic = Topic.of("ledger", Ledger.class).withInitial(() -> Ledger.EMPTY);
        try (FaultProxy proxy = FaultProxy.to(server.port())) {
            SyncBackend backend = backend(proxy, 0);
            SyncService service = SyncService.builder(nothingLeftBehind.watch(backend))
                    .timeout(Duration.ofMillis(500))
                    .shutdownGrace(Duration.ofMillis(500))
                    .build();
            DistributedSync<Ledger> handle = service.sync(topic);
            eventually().until(() -> handle.status().isCurrent());
            server.pause();
            try {
                eventually().until(() -> !handle.status().isCurrent());
                service.close();
                backend.close();
            } finally {
                server.resume();
            }
            assertNothingLeft(proxy);
        }
    }

    @Test
    @DisplayName("a backend with a driver of its own leaves no thread of it")
    void ownDriver() {
        Set<Thread> before = driverThreads();
        SyncBackend backend = RedisSyncBackend.builder(RedisURI.create("127.0.0.1", server.port()))
                .build();
        eventually().until(() -> !driverThreads().equals(before) && clients().size() == 2);
        backend.close();
        eventually().untilAsserted(() -> {
            assertThat(before).as("threads before").containsAll(driverThreads());
            assertThat(clients()).as("clients of the server").isEmpty();
        });
    }

    private static Set<Thread> driverThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("lettuce-"))
                .collect(Collectors.toSet());
    }

    /** @param replicas how many commits wait for; with any, there is a connection for that */
    private static SyncBackend backend(FaultProxy proxy, int replicas) {
        return RedisSyncBackend.builder(driver, RedisURI.create("127.0.0.1", proxy.port()))
                .heartbeat(Duration.ofMillis(250))
                .connectTimeout(Duration.ofSeconds(20))
                .waitForReplicas(replicas, Duration.ofMillis(200))
                .build();
    }

    private static void assertNothingLeft(FaultProxy proxy) {
        eventually().untilAsserted(() -> {
            assertThat(proxy.connections()).as("connections").isZero();
            assertThat(clients()).as("clients of the server").isEmpty();
        });
    }

    private static List<String> clients() {
        return String.valueOf(server.call("CLIENT", "LIST"))
                .lines()
                .filter(line -> !line.contains("cmd=client"))
                .toList();
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(5));
    }
}
