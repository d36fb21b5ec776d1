package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.FeedState;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.boot.autoconfigure.health.SyncHealthAutoConfiguration;
import io.distsync.boot.autoconfigure.health.SyncHealthIndicator;
import io.distsync.boot.autoconfigure.metrics.SyncMetricsAutoConfiguration;
import io.distsync.error.NotAppliedException;
import io.distsync.testsupport.net.Certificate;
import io.distsync.testsupport.net.Ports;
import io.distsync.testsupport.redis.RedisCluster;
import io.distsync.testsupport.redis.RedisSentinels;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.lettuce.core.protocol.ProtocolVersion;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/** Applications in the mode {@code redis} on real servers. */
class RedisServerModeTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    private static RedisServer shared;

    private final ApplicationContextRunner anywhere = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SslAutoConfiguration.class,
                    DataRedisAutoConfiguration.class,
                    SyncAutoConfiguration.class,
                    SyncHealthAutoConfiguration.class,
                    SyncMetricsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    CompositeMeterRegistryAutoConfiguration.class,
                    SimpleMetricsExportAutoConfiguration.class))
            .withPropertyValues("sync.mode=redis", "sync.timeout=20s", "sync.heartbeat=200ms");

    @BeforeAll
    static void start() {
        shared = RedisServer.start(Durability.NONE);
    }

    @AfterAll
    static void stop() {
        shared.close();
    }

    @BeforeEach
    void empty() {
        shared.call("FLUSHALL");
    }

    @AfterEach
    void everythingIsClosed() {
        LibraryThreads.awaitNone();
    }

    @Test
    void contextsShareTheStateAndFollowEachOther() {
        on(shared)
                .run(one -> on(shared).run(other -> {
                    try (DistributedSync<AppState> view =
                            other.getBean(SyncService.class).sync(AppState.class)) {
                        increment(one);
                        await().atMost(BOUND).until(() -> view.get().counter() == 1);
                        increment(other);
                        assertThat(fetch(one)).isEqualTo(2);
                        assertThat(view.get().counter()).isEqualTo(2);
                    }
                }));
    }

    @Test
    void prefixKeepsApplicationsApart() {
        on(shared)
                .withPropertyValues("sync.prefix=shop:")
                .run(shop -> on(shared).withPropertyValues("sync.prefix=blog:").run(blog -> {
                    increment(shop);
                    assertThat(fetch(blog)).isZero();
                    assertThat((List<?>) shared.call("KEYS", "*"))
                            .isNotEmpty()
                            .allMatch(key -> key.toString().startsWith("shop:"));
                }));
    }

    @Test
    void databaseIsTheOneOfTheConnectionFactory() {
        on(shared).withPropertyValues("spring.data.redis.database=7").run(context -> {
            increment(context);
            assertThat(shared.call("DBSIZE")).isEqualTo(0L);
            assertThat(String.valueOf(shared.call("INFO", "keyspace"))).contains("db7:");
        });
    }

    @Test
    void closedContextLeavesNoConnection() {
        on(shared).withPropertyValues("spring.data.redis.client-name=leaving").run(context -> {
            increment(context);
            assertThat(connections("leaving")).isEqualTo(2);
        });
        await().atMost(BOUND).until(() -> connections("leaving") == 0);
    }

    @Test
    void connectionsOfTheApplicationGoOnWorking() {
        on(shared).run(context -> {
            increment(context);
            context.getBean(RedisSyncBackend.class).close();
            assertThat(context.getBean(LettuceConnectionFactory.class)
                            .getConnection()
                            .ping())
                    .isEqualTo("PONG");
        });
    }

    @Test
    void localModeAndSwitchedOffOpenNoConnection() {
        on(shared)
                .withPropertyValues("sync.mode=local", "spring.data.redis.client-name=absent")
                .run(context -> {
                    increment(context);
                    assertThat(connections("absent")).isZero();
                });
        on(shared)
                .withPropertyValues("sync.enabled=false", "spring.data.redis.client-name=absent")
                .run(context -> {
                    assertThat(LibraryThreads.names()).isEmpty();
                    assertThat(connections("absent")).isZero();
                });
    }

    @Test
    void passwordIsThatOfTheConnectionFactory() {
        try (RedisServer server = RedisServer.start(Durability.NONE)) {
            server.call("CONFIG", "SET", "requirepass", "secret");
            on(server).withPropertyValues("spring.data.redis.password=secret").run(RedisServerModeTest::increment);
            on(server)
                    .withPropertyValues("spring.data.redis.password=wrong", "sync.timeout=1s")
                    .run(context -> {
                        assertThatThrownBy(() -> increment(context))
                                .isInstanceOf(NotAppliedException.class)
                                .hasMessageNotContaining("wrong");
                        assertThat(health(context).getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
                    });
        }
    }

    @Test
    void userNeedsOnlyTheKeysAndChannelsOfThePrefix() {
        shared.call(
                "ACL",
                "SETUSER",
                "app",
                "reset",
                "on",
                ">secret",
                "~shop:*",
                "&shop:*",
                "+@all",
                "-@admin",
                "-@dangerous",
                "+info");
        on(shared)
                .withPropertyValues(
                        "spring.data.redis.username=app", "spring.data.redis.password=secret", "sync.prefix=shop:")
                .run(context -> {
                    try (DistributedSync<AppState> view =
                            context.getBean(SyncService.class).sync(AppState.class)) {
                        increment(context);
                        await().atMost(BOUND).until(() -> view.status().isCurrent());
                        assertThat(view.get().counter()).isEqualTo(1);
                    }
                });
        shared.call("ACL", "DELUSER", "app");
    }

    @Test
    void sslBundleLeadsThroughTlsOnBothSides() {
        int port = Ports.free();
        try (Certificate certificate = Certificate.create();
                RedisServer server = RedisServer.start(
                        Durability.NONE,
                        "tls-port " + port,
                        "tls-cert-file " + certificate.certificate(),
                        "tls-key-file " + certificate.key(),
                        "tls-ca-cert-file " + certificate.certificate(),
                        "tls-auth-clients yes")) {
            on(server)
                    .withPropertyValues(
                            "spring.data.redis.port=" + port,
                            "spring.data.redis.client-name=tls",
                            "spring.data.redis.ssl.bundle=store",
                            "spring.ssl.bundle.pem.store.keystore.certificate=file:" + certificate.certificate(),
                            "spring.ssl.bundle.pem.store.keystore.private-key=file:" + certificate.key(),
                            "spring.ssl.bundle.pem.store.truststore.certificate=file:" + certificate.certificate())
                    .run(context -> {
                        increment(context);
                        assertThat(fetch(context)).isEqualTo(1);
                        assertThat(String.valueOf(server.call("CLIENT", "LIST")).lines())
                                .filteredOn(line -> line.contains("name=tls "))
                                .hasSize(2)
                                .allMatch(line -> line.contains("laddr=127.0.0.1:" + port + " "));
                    });
        }
    }

    @Test
    void sentinelsLeadToTheNewMasterAfterAFailOver() {
        try (RedisSentinels sentinels = RedisSentinels.start(Durability.NONE)) {
            ApplicationContextRunner runner = anywhere.withPropertyValues(
                    "spring.data.redis.sentinel.master=" + RedisSentinels.MASTER,
                    "spring.data.redis.sentinel.nodes="
                            + sentinels.sentinels().stream()
                                    .map(sentinel -> "127.0.0.1:" + sentinel.port())
                                    .collect(Collectors.joining(",")));
            runner.run(one -> runner.run(other -> {
                try (DistributedSync<AppState> view =
                        other.getBean(SyncService.class).sync(AppState.class)) {
                    increment(one);
                    await().atMost(BOUND).until(() -> view.get().counter() == 1);

                    sentinels.first().kill();
                    sentinels.awaitMaster(sentinels.second());

                    await().atMost(BOUND).until(() -> health(one).getStatus().equals(Status.UP));
                    increment(one);
                    long now = fetch(one);
                    await().atMost(BOUND)
                            .until(() -> view.status().isCurrent() && view.get().counter() == now);
                }
            }));
        }
    }

    @Test
    void clusterKeepsTopicsOnAllItsNodes() {
        try (RedisCluster cluster = RedisCluster.start(3, Durability.NONE)) {
            assumeTrue(cluster.hasShardedChannels(), "the cluster is older than 7.0");
            cluster.masters().forEach(node -> node.call("CONFIG", "SET", "requirepass", "secret"));
            ApplicationContextRunner runner = anywhere.withPropertyValues(
                    "spring.data.redis.cluster.nodes=127.0.0.1:"
                            + cluster.masters().get(0).port(),
                    "spring.data.redis.password=secret");
            runner.run(one -> runner.run(other -> {
                for (String name : List.of("a", "b", "c", "d", "e", "f")) {
                    Topic<AppState> topic = Topic.of(AppState.class).withName(name);
                    try (DistributedSync<AppState> view =
                            other.getBean(SyncService.class).sync(topic)) {
                        one.getBean(SyncService.class).optimisticUpdate(topic, AppState::increment);
                        await().atMost(BOUND).until(() -> view.get().counter() == 1);
                    }
                }
                await().atMost(BOUND).until(() -> health(other).getStatus().equals(Status.UP));
            }));
        }
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void protocolIsTheOneTheApplicationChose(ProtocolVersion protocol) {
        on(shared)
                .withBean(
                        LettuceClientOptionsBuilderCustomizer.class, () -> options -> options.protocolVersion(protocol))
                .run(one -> on(shared).run(other -> {
                    try (DistributedSync<AppState> view =
                            one.getBean(SyncService.class).sync(AppState.class)) {
                        increment(other);
                        await().atMost(BOUND).until(() -> view.get().counter() == 1);
                    }
                }));
    }

    @Test
    void serverThatIsDownAtTheStartIsUsedOnceItIsThere() {
        try (RedisServer server = RedisServer.start(Durability.NONE)) {
            server.kill();
            on(server)
                    .withPropertyValues("sync.health.down-after=0s", "sync.timeout=300ms")
                    .run(context -> {
                        assertThat(context).hasNotFailed();
                        SyncService service = context.getBean(SyncService.class);
                        try (DistributedSync<AppState> view = service.sync(AppState.class)) {
                            assertThat(view.get()).isEqualTo(new AppState());
                            assertThat(view.status().state()).isEqualTo(FeedState.RESYNCING);
                            assertThatThrownBy(() -> increment(context)).isInstanceOf(NotAppliedException.class);
                            assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
                            assertThat(health(context).getDetails()).containsKey("unreachableSince");
                            await().atMost(BOUND).until(() -> unreachable(context) > 0);

                            server.start();

                            await().atMost(BOUND)
                                    .until(() -> health(context).getStatus().equals(Status.UP));
                            assertThat(unreachable(context)).isZero();
                            increment(context);
                            await().atMost(BOUND).until(() -> view.get().counter() == 1);
                        }
                    });
        }
    }

    @Test
    void lostServerIsDegradedFirstAndThenDown() {
        try (RedisServer server = RedisServer.start(Durability.ALWAYS)) {
            on(server).withPropertyValues("sync.health.down-after=2s").run(context -> {
                increment(context);
                assertThat(health(context).getStatus()).isEqualTo(Status.UP);
                server.kill();
                await().atMost(BOUND).until(() -> health(context).getStatus().equals(SyncHealthIndicator.DEGRADED));
                await().atMost(BOUND).until(() -> health(context).getStatus().equals(Status.DOWN));
                server.start();
                await().atMost(BOUND).until(() -> health(context).getStatus().equals(Status.UP));
                assertThat(fetch(context)).isEqualTo(1);
            });
        }
    }

    @Test
    void healthTellsHowTheServerKeepsTheState() {
        on(shared).run(context -> {
            increment(context);
            assertThat(health(context).getDetails())
                    .containsEntry("mode", "redis")
                    .extractingByKey("store", InstanceOfAssertFactories.MAP)
                    .containsKeys("version", "durability", "replicas")
                    .containsAllEntriesOf(Map.of("eviction", "noeviction"));
        });
    }

    @Test
    void evictionThatMayDropStateIsWarnedAbout() {
        Logger logger = (Logger) LoggerFactory.getLogger("io.distsync.backend.redis");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try (RedisServer server = RedisServer.start(Durability.NONE, "maxmemory-policy allkeys-lru")) {
            on(server).run(RedisServerModeTest::increment);
            assertThat(log.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .anyMatch(message -> message.contains("allkeys-lru") && message.contains("noeviction"));
        } finally {
            logger.detachAppender(log);
        }
    }

    private ApplicationContextRunner on(RedisServer server) {
        return anywhere.withPropertyValues(
                "spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + server.port());
    }

    private static void increment(ApplicationContext context) {
        context.getBean(SyncService.class).optimisticUpdate(AppState.class, AppState::increment);
    }

    private static long fetch(ApplicationContext context) {
        return context.getBean(SyncService.class)
                .fetchLatest(AppState.class)
                .map(state -> state.value().counter())
                .orElse(0L);
    }

    private static Health health(ApplicationContext context) {
        return context.getBean(SyncHealthIndicator.class).health();
    }

    private static double unreachable(ApplicationContext context) {
        return context.getBean(MeterRegistry.class)
                .get("sync.backend.unreachable")
                .timeGauge()
                .value();
    }

    private static long connections(String name) {
        return String.valueOf(shared.call("CLIENT", "LIST"))
                .lines()
                .filter(line -> line.contains("name=" + name + " "))
                .count();
    }
}
