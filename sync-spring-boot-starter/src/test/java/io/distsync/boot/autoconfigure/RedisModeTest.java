package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.testsupport.net.Certificate;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisSocketConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/** What the client of the mode {@code redis} takes over from the application's own; no server is needed for that. */
class RedisModeTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SslAutoConfiguration.class, DataRedisAutoConfiguration.class, SyncAutoConfiguration.class))
            // Nobody answers there, and no test waits for it.
            .withPropertyValues("sync.mode=redis", "spring.data.redis.host=127.0.0.1", "spring.data.redis.port=1");

    @AfterEach
    void everythingIsClosed() {
        LibraryThreads.awaitNone();
    }

    @Test
    void backendIsThatOfRedis() {
        runner.run(context -> {
            assertThat(context).hasSingleBean(SyncService.class).hasSingleBean(SyncBackend.class);
            assertThat(context.getBean(SyncBackend.class)).isInstanceOf(RedisSyncBackend.class);
            assertThat(context.getBean(SyncBackend.class).info().name()).isEqualTo("redis");
        });
    }

    @Test
    void kafkaIsNotNeeded() {
        runner.withClassLoader(new FilteredClassLoader(
                        "org.apache.kafka", "org.springframework.kafka", "org.springframework.boot.kafka"))
                .run(context -> assertThat(context).hasSingleBean(RedisSyncBackend.class));
    }

    @Test
    void modeIsReadIgnoringCase() {
        runner.withPropertyValues("sync.mode=Redis")
                .run(context -> assertThat(context).hasSingleBean(RedisSyncBackend.class));
    }

    @Test
    void propertiesReachTheBackend() {
        runner.withPropertyValues(
                        "sync.max-payload-size=2KB", "sync.heartbeat=1m", "sync.lease.sweep=1h", "sync.prefix=shop:")
                .run(context -> assertThat(
                                context.getBean(SyncBackend.class).info().maxPayloadBytes())
                        .isEqualTo(2_048));
    }

    @Test
    void ownBackendOrServiceLeavesNoClient() {
        runner.withBean("own", SyncBackend.class, LocalSyncBackend::create)
                .run(context -> assertThat(context)
                        .hasSingleBean(SyncBackend.class)
                        .hasBean("own")
                        .doesNotHaveBean(DerivedRedisClient.class));
        runner.withBean("own", SyncService.class, SyncService::local)
                .run(context -> assertThat(context)
                        .hasSingleBean(SyncService.class)
                        .doesNotHaveBean(SyncBackend.class)
                        .doesNotHaveBean(DerivedRedisClient.class));
    }

    @Test
    void localModeAndSwitchedOffLeaveNoClient() {
        runner.withPropertyValues("sync.mode=local")
                .run(context -> assertThat(context)
                        .hasSingleBean(LocalSyncBackend.class)
                        .doesNotHaveBean(DerivedRedisClient.class));
        runner.withPropertyValues("sync.enabled=false").run(context -> {
            assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(SyncBackend.class)
                    .doesNotHaveBean(DerivedRedisClient.class);
            assertThat(LibraryThreads.names()).isEmpty();
        });
    }

    @Test
    void clientNeitherReconnectsNorRepeatsAndThatOfTheApplicationIsLeftAlone() {
        runner.run(context -> {
            ClientOptions options = context.getBean(DerivedRedisClient.class).options();
            assertThat(options.isAutoReconnect()).isFalse();
            assertThat(options.getDisconnectedBehavior()).isEqualTo(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS);

            RedisClient own = (RedisClient)
                    context.getBean(LettuceConnectionFactory.class).getRequiredNativeClient();
            assertThat(own.getOptions().isAutoReconnect()).isTrue();
            assertThat(own.getOptions().getDisconnectedBehavior())
                    .isEqualTo(ClientOptions.DisconnectedBehavior.DEFAULT);
        });
    }

    @Test
    void propertiesOfSpringDataRedisApply() {
        runner.withPropertyValues(
                        "spring.data.redis.host=redis.example",
                        "spring.data.redis.port=6390",
                        "spring.data.redis.database=3",
                        "spring.data.redis.username=app",
                        "spring.data.redis.password=secret",
                        "spring.data.redis.client-name=shop",
                        "spring.data.redis.timeout=700ms",
                        "spring.data.redis.connect-timeout=300ms")
                .run(context -> {
                    DerivedRedisClient client = context.getBean(DerivedRedisClient.class);
                    RedisURI uri = client.uri();
                    assertThat(uri.getHost()).isEqualTo("redis.example");
                    assertThat(uri.getPort()).isEqualTo(6390);
                    assertThat(uri.getDatabase()).isEqualTo(3);
                    assertThat(uri.getClientName()).isEqualTo("shop");
                    assertThat(uri.getTimeout()).isEqualTo(Duration.ofMillis(700));
                    assertThat(uri.isSsl()).isFalse();
                    assertCredentials(uri, "app", "secret");
                    assertThat(client.options().getSocketOptions().getConnectTimeout())
                            .isEqualTo(Duration.ofMillis(300));
                });
    }

    @Test
    void passwordAloneIsThatOfTheDefaultUser() {
        runner.withPropertyValues("spring.data.redis.password=secret")
                .run(context -> assertCredentials(
                        context.getBean(DerivedRedisClient.class).uri(), null, "secret"));
    }

    @Test
    void urlApplies() {
        runner.withPropertyValues("spring.data.redis.url=rediss://app:secret@redis.example:6390/2")
                .run(context -> {
                    RedisURI uri = context.getBean(DerivedRedisClient.class).uri();
                    assertThat(uri.getHost()).isEqualTo("redis.example");
                    assertThat(uri.getPort()).isEqualTo(6390);
                    assertThat(uri.getDatabase()).isEqualTo(2);
                    assertThat(uri.isSsl()).isTrue();
                    assertThat(uri.getVerifyMode()).isEqualTo(SslVerifyMode.FULL);
                    assertCredentials(uri, "app", "secret");
                });
    }

    @Test
    void sslBundleApplies() {
        try (Certificate certificate = Certificate.create()) {
            runner.withPropertyValues(
                            "spring.ssl.bundle.pem.store.truststore.certificate=file:" + certificate.certificate(),
                            "spring.ssl.bundle.pem.store.options.enabled-protocols=TLSv1.3",
                            "spring.data.redis.ssl.bundle=store")
                    .run(context -> {
                        DerivedRedisClient client = context.getBean(DerivedRedisClient.class);
                        assertThat(client.uri().isSsl()).isTrue();
                        assertThat(client.options().getSslOptions().getProtocols())
                                .containsExactly("TLSv1.3");
                    });
        }
    }

    @Test
    void sentinelsApply() {
        runner.withPropertyValues(
                        "spring.data.redis.sentinel.master=shop",
                        "spring.data.redis.sentinel.nodes=10.0.0.1:26379,10.0.0.2:26380",
                        "spring.data.redis.sentinel.username=watcher",
                        "spring.data.redis.sentinel.password=watched",
                        "spring.data.redis.username=app",
                        "spring.data.redis.password=secret",
                        "spring.data.redis.database=4",
                        "spring.data.redis.client-name=shop",
                        "spring.data.redis.timeout=700ms",
                        "spring.data.redis.ssl.enabled=true")
                .run(context -> {
                    RedisURI uri = context.getBean(DerivedRedisClient.class).uri();
                    assertThat(uri.getSentinelMasterId()).isEqualTo("shop");
                    assertThat(uri.getDatabase()).isEqualTo(4);
                    assertCredentials(uri, "app", "secret");
                    assertThat(uri.getSentinels())
                            .extracting(each -> each.getHost() + ":" + each.getPort())
                            .containsExactlyInAnyOrder("10.0.0.1:26379", "10.0.0.2:26380");
                    assertThat(uri.getSentinels()).allSatisfy(each -> {
                        assertThat(each.isSsl()).isTrue();
                        assertThat(each.getTimeout()).isEqualTo(Duration.ofMillis(700));
                        assertThat(each.getClientName()).isEqualTo("shop");
                        assertCredentials(each, "watcher", "watched");
                    });
                });
    }

    @Test
    void clusterApplies() {
        runner.withPropertyValues(
                        "spring.data.redis.cluster.nodes=10.0.0.1:7000,10.0.0.2:7001",
                        "spring.data.redis.username=app",
                        "spring.data.redis.password=secret",
                        "spring.data.redis.client-name=shop",
                        "spring.data.redis.ssl.enabled=true",
                        "spring.data.redis.lettuce.cluster.refresh.adaptive=true")
                .run(context -> {
                    DerivedRedisClient client = context.getBean(DerivedRedisClient.class);
                    assertThat(client.uri().getPort()).isIn(7000, 7001);
                    assertThat(client.uri().isSsl()).isTrue();
                    assertThat(client.uri().getClientName()).isEqualTo("shop");
                    assertCredentials(client.uri(), "app", "secret");
                    assertThat(client.options())
                            .isInstanceOfSatisfying(
                                    ClusterClientOptions.class,
                                    options -> assertThat(options.getTopologyRefreshOptions()
                                                    .getAdaptiveRefreshTriggers())
                                            .isNotEmpty());
                });
    }

    @Test
    void connectionDetailsGoBeforeTheProperties() {
        runner.withBean(DataRedisConnectionDetails.class, () -> new DataRedisConnectionDetails() {
                    @Override
                    public Standalone getStandalone() {
                        return Standalone.of("container.example", 32_768, 1);
                    }
                })
                .run(context -> {
                    RedisURI uri = context.getBean(DerivedRedisClient.class).uri();
                    assertThat(uri.getHost()).isEqualTo("container.example");
                    assertThat(uri.getPort()).isEqualTo(32_768);
                    assertThat(uri.getDatabase()).isEqualTo(1);
                });
    }

    @Test
    void customizersApplyExceptToWhatKeepsCommandsFromBeingRepeated() {
        runner.withBean(
                        LettuceClientOptionsBuilderCustomizer.class,
                        () -> options -> options.protocolVersion(ProtocolVersion.RESP2)
                                .autoReconnect(true)
                                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.ACCEPT_COMMANDS))
                .withBean(
                        LettuceClientConfigurationBuilderCustomizer.class,
                        () -> configuration -> configuration
                                .clientName("customized")
                                .useSsl()
                                .disablePeerVerification()
                                .startTls())
                .run(context -> {
                    DerivedRedisClient client = context.getBean(DerivedRedisClient.class);
                    assertThat(client.options().getProtocolVersion()).isEqualTo(ProtocolVersion.RESP2);
                    assertThat(client.options().isAutoReconnect()).isFalse();
                    assertThat(client.options().getDisconnectedBehavior())
                            .isEqualTo(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS);
                    assertThat(client.uri().getClientName()).isEqualTo("customized");
                    assertThat(client.uri().isStartTls()).isTrue();
                    assertThat(client.uri().getVerifyMode()).isEqualTo(SslVerifyMode.NONE);
                });
    }

    @Test
    void resourcesOfTheApplicationAreSharedAndStayOpen() {
        ClientResources resources = ClientResources.create();
        try {
            runner.withBean(ClientResources.class, () -> resources, definition -> definition.setDestroyMethodName(""))
                    .run(context -> assertThat(
                                    context.getBean(DerivedRedisClient.class).resources())
                            .isSameAs(resources));
            assertThat(resources.eventExecutorGroup().isShuttingDown()).isFalse();
        } finally {
            resources.shutdown(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @Test
    void primaryOfSeveralFactoriesIsTaken() {
        runner.withUserConfiguration(TwoFactories.class)
                .run(context -> assertThat(
                                context.getBean(DerivedRedisClient.class).uri().getPort())
                        .isEqualTo(2));
    }

    @Test
    void clientOfASocketHasItsPathAndItsCredentials() {
        RedisSocketConfiguration configuration = new RedisSocketConfiguration("/run/redis.sock");
        configuration.setUsername("app");
        configuration.setPassword(RedisPassword.of("secret"));
        configuration.setDatabase(5);
        RedisURI uri = uriOf(configuration, LettuceClientConfiguration.defaultConfiguration());
        assertThat(uri.getSocket()).isEqualTo("/run/redis.sock");
        assertThat(uri.getDatabase()).isEqualTo(5);
        assertCredentials(uri, "app", "secret");
    }

    @Test
    void providersOfCredentialsGoBeforeFixedOnes() {
        RedisSentinelConfiguration configuration = new RedisSentinelConfiguration().master("shop");
        configuration.sentinel("10.0.0.1", 26379);
        configuration.setPassword("fixed");
        LettuceClientConfiguration settings = LettuceClientConfiguration.builder()
                .redisCredentialsProviderFactory(new RedisCredentialsProviderFactory() {
                    @Override
                    public RedisCredentialsProvider createCredentialsProvider(RedisConfiguration ignored) {
                        return RedisCredentialsProvider.from(() -> RedisCredentials.just("token", "of the server"));
                    }

                    @Override
                    public RedisCredentialsProvider createSentinelCredentialsProvider(
                            RedisSentinelConfiguration ignored) {
                        return RedisCredentialsProvider.from(() -> RedisCredentials.just("token", "of the sentinel"));
                    }
                })
                .build();
        RedisURI uri = uriOf(configuration, settings);
        assertCredentials(uri, "token", "of the server");
        assertCredentials(uri.getSentinels().get(0), "token", "of the sentinel");
    }

    @Test
    void factoryWithoutOptionsIsEnough() {
        LettuceConnectionFactory factory = new LettuceConnectionFactory("redis.example", 6390);
        try (DerivedRedisClient client = DerivedRedisClient.of(factory)) {
            assertThat(client.uri().getHost()).isEqualTo("redis.example");
            assertThat(client.options().isAutoReconnect()).isFalse();
        }
    }

    @Test
    void timeoutsOfCommandsStayOn() {
        runner.run(context -> {
            TimeoutOptions timeouts =
                    context.getBean(DerivedRedisClient.class).options().getTimeoutOptions();
            assertThat(timeouts.isTimeoutCommands()).isTrue();
        });
    }

    private static RedisURI uriOf(RedisConfiguration configuration, LettuceClientConfiguration settings) {
        try (DerivedRedisClient client = DerivedRedisClient.of(new LettuceConnectionFactory(configuration, settings))) {
            return client.uri();
        }
    }

    private static void assertCredentials(RedisURI uri, @Nullable String username, String password) {
        RedisCredentials credentials = Objects.requireNonNull(
                uri.getCredentialsProvider().resolveCredentials().block());
        assertThat(credentials.getUsername()).isEqualTo(username);
        assertThat(credentials.getPassword()).isEqualTo(password.toCharArray());
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoFactories {

        @Bean
        LettuceConnectionFactory sessions() {
            return new LettuceConnectionFactory("127.0.0.1", 1);
        }

        @Bean
        @Primary
        LettuceConnectionFactory state() {
            return new LettuceConnectionFactory("127.0.0.1", 2);
        }
    }
}
