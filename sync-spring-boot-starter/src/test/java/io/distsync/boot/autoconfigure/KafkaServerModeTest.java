package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.boot.autoconfigure.declared.Declared;
import io.distsync.boot.autoconfigure.health.SyncHealthAutoConfiguration;
import io.distsync.boot.autoconfigure.health.SyncHealthIndicator;
import io.distsync.boot.autoconfigure.metrics.SyncMetricsAutoConfiguration;
import io.distsync.error.NotAppliedException;
import io.distsync.testsupport.kafka.EmbeddedKafka;
import io.distsync.testsupport.kafka.KafkaBroker;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Applications in the mode {@code kafka} on a real Redis and a real Kafka. */
@ExtendWith(OutputCaptureExtension.class)
class KafkaServerModeTest {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final String LOGIN =
            "org.apache.kafka.common.security.plain.PlainLoginModule required" + " username=\"app\" password=\"%s\";";

    private static RedisServer redis;
    private static KafkaBroker kafka;

    private final ApplicationContextRunner anywhere = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SslAutoConfiguration.class,
                    DataRedisAutoConfiguration.class,
                    KafkaAutoConfiguration.class,
                    SyncAutoConfiguration.class,
                    SyncHealthAutoConfiguration.class,
                    SyncMetricsAutoConfiguration.class,
                    MetricsAutoConfiguration.class,
                    CompositeMeterRegistryAutoConfiguration.class,
                    SimpleMetricsExportAutoConfiguration.class))
            .withPropertyValues(
                    "sync.mode=kafka", "sync.timeout=20s", "sync.heartbeat=200ms", "sync.kafka.start-timeout=20s");

    @BeforeAll
    static void start() {
        redis = RedisServer.start(Durability.NONE);
        kafka = EmbeddedKafka.launch();
    }

    @AfterAll
    static void stop() {
        kafka.close();
        redis.close();
    }

    @BeforeEach
    void empty() {
        redis.call("FLUSHALL");
    }

    @AfterEach
    void everythingIsClosed() {
        LibraryThreads.awaitNone();
    }

    @Test
    void contextsShareTheStateAndBroadcastItsChanges() {
        ApplicationContextRunner runner =
                on(kafka).withPropertyValues("sync.prefix=shared:", "sync.kafka.topics=app_state");
        runner.run(one -> runner.run(other -> {
            try (DistributedSync<AppState> view =
                    other.getBean(SyncService.class).sync(AppState.class)) {
                increment(one);
                await().atMost(BOUND).until(() -> view.get().counter() == 1);
                increment(other);
                assertThat(fetch(one)).isEqualTo(2);
                assertThat(view.get().counter()).isEqualTo(2);
                await().atMost(BOUND).until(() -> records("shared_x3A_stream_app_state") == 2);
                await().atMost(BOUND).until(() -> health(one).getStatus().equals(Status.UP));
                assertThat(health(one).getDetails())
                        .containsEntry("mode", "kafka")
                        .containsKey("store")
                        .extractingByKey("broadcast", InstanceOfAssertFactories.MAP)
                        .containsEntry("system", "kafka")
                        .containsOnlyKeys("system", "pending");
                await().atMost(BOUND).until(() -> gauge(one, "sync.broadcast.pending") == 0);
            }
        }));
    }

    @Test
    void declaredTopicsHaveKafkaTopicsOfTheirOwnAndOthersShareOne() {
        on(kafka)
                .withPropertyValues(
                        "sync.prefix=declared.",
                        "sync.kafka.topics=orders",
                        "sync.kafka.partitions=3",
                        "sync.kafka.retention=1h")
                .withUserConfiguration(Declaring.class)
                .run(context -> {
                    context.getBean(SyncService.class).send(Topic.of("undeclared", String.class), "hello");
                    assertThat(topics("declared."))
                            .containsExactly(
                                    "declared.stream_as-interface",
                                    "declared.stream_as-nested",
                                    "declared.stream_as-record",
                                    "declared.stream_orders",
                                    "declared.stream_room_x3A_lobby",
                                    "declared.stream_shared");
                    assertThat(description("declared.stream_shared").partitions())
                            .hasSize(3);
                    assertThat(description("declared.stream_orders").partitions())
                            .hasSize(1);
                    assertThat(setting("declared.stream_orders", "retention.ms"))
                            .isEqualTo("3600000");
                    await().atMost(BOUND).until(() -> records("declared.stream_shared") == 1);
                });
    }

    @Test
    void brokersThatAreDownAtTheStartAreUsedOnceTheyAreThere() {
        try (KafkaBroker own = EmbeddedKafka.launch()) {
            own.stop();
            on(own).withPropertyValues("sync.kafka.start-timeout=500ms", "sync.health.down-after=0s")
                    .run(context -> {
                        assertThat(context).hasNotFailed();
                        increment(context);
                        assertThat(fetch(context)).isEqualTo(1);
                        assertThat(health(context).getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
                        assertThat(health(context).getDetails())
                                .doesNotContainKey("unreachableSince")
                                .extractingByKey("broadcast", InstanceOfAssertFactories.MAP)
                                .containsKey("unreachableSince");
                        await().atMost(BOUND).until(() -> gauge(context, "sync.broadcast.pending") == 1);
                        await().atMost(BOUND).until(() -> unreachable(context) > 0);

                        own.start();

                        await().atMost(BOUND)
                                .until(() -> health(context).getStatus().equals(Status.UP));
                        assertThat(unreachable(context)).isZero();
                        await().atMost(BOUND).until(() -> gauge(context, "sync.broadcast.pending") == 0);
                    });
        }
    }

    @Test
    void lostBrokersAreDegradedAndNeverDown() {
        try (KafkaBroker own = EmbeddedKafka.launch()) {
            on(own).withPropertyValues("sync.health.down-after=0s").run(context -> {
                await().atMost(BOUND).until(() -> health(context).getStatus().equals(Status.UP));
                own.stop();
                await().atMost(BOUND).until(() -> health(context).getStatus().equals(SyncHealthIndicator.DEGRADED));
                increment(context);
                assertThat(health(context).getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
                own.start();
                await().atMost(BOUND).until(() -> health(context).getStatus().equals(Status.UP));
            });
        }
    }

    @Test
    void applicationStartsWithNeitherRedisNorKafka() {
        on(kafka)
                .withPropertyValues(
                        "spring.data.redis.port=1",
                        "spring.kafka.bootstrap-servers=127.0.0.1:1",
                        "sync.kafka.start-timeout=300ms",
                        "sync.timeout=300ms",
                        "sync.health.down-after=0s")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThatThrownBy(() -> increment(context)).isInstanceOf(NotAppliedException.class);
                    assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
                    assertThat(health(context).getDetails()).containsKeys("unreachableSince", "broadcast");
                });
    }

    @Test
    void compactedTopicEndsTheStart(CapturedOutput output) {
        create("compacted.stream_shared", Map.of("cleanup.policy", "compact"));
        on(kafka)
                .withPropertyValues("sync.prefix=compacted.")
                .run(context -> assertThat(context).getFailure().isInstanceOf(KafkaTopicRefusedException.class));

        fail("--sync.prefix=compacted.");

        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains(
                        "sync.mode is 'kafka', but a Kafka topic is not fit for it. Kafka topic compacted.stream_shared"
                                + " cannot be used: its cleanup.policy is 'compact', but must be 'delete'")
                .contains("Change the settings of the Kafka topic (kafka-configs.sh");
    }

    @Test
    void missingTopicEndsTheStartIfNoneIsToBeMade(CapturedOutput output) throws Exception {
        fail("--sync.prefix=missing.", "--sync.kafka.create-topics=false");

        assertThat(output)
                .contains("Kafka topic missing.stream_shared cannot be used: it does not exist")
                .contains("sync.kafka.create-topics=true");
        assertThat(topics("missing.")).isEmpty();
    }

    @Test
    void healthNamesTheTopicIfTheStartDoesNotWait() {
        create("late.stream_shared", Map.of("cleanup.policy", "compact"));
        on(kafka)
                .withPropertyValues("sync.prefix=late.", "sync.kafka.start-timeout=0s")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    await().atMost(BOUND)
                            .untilAsserted(() -> assertThat(health(context).getDetails())
                                    .extractingByKey("broadcast", InstanceOfAssertFactories.MAP)
                                    .extractingByKey("problem")
                                    .asString()
                                    .contains("late.stream_shared", "cleanup.policy"));
                    assertThat(health(context).getStatus()).isEqualTo(SyncHealthIndicator.DEGRADED);
                    increment(context);
                });
    }

    @Test
    void loginIsThatOfTheApplication() {
        try (KafkaBroker own = EmbeddedKafka.launch(
                "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name=PLAINTEXT",
                "sasl.enabled.mechanisms=PLAIN",
                "sasl.mechanism.inter.broker.protocol=PLAIN",
                "listener.name.plaintext.plain.sasl.jaas.config="
                        + "org.apache.kafka.common.security.plain.PlainLoginModule required"
                        + " username=\"broker\" password=\"its own\""
                        + " user_broker=\"its own\" user_app=\"secret\";")) {
            ApplicationContextRunner runner = on(own).withPropertyValues(
                            "spring.kafka.security.protocol=SASL_PLAINTEXT",
                            "spring.kafka.properties.sasl.mechanism=PLAIN");
            runner.withPropertyValues("spring.kafka.properties.sasl.jaas.config=" + LOGIN.formatted("secret"))
                    .run(context -> {
                        await().atMost(BOUND)
                                .until(() -> health(context).getStatus().equals(Status.UP));
                        increment(context);
                        await().atMost(BOUND).until(() -> gauge(context, "sync.broadcast.pending") == 0);
                    });
            runner.withPropertyValues("spring.kafka.properties.sasl.jaas.config=" + LOGIN.formatted("wrong"))
                    .run(
                            context -> { // as with Redis: it degrades, because somebody may be about to change it
                                assertThat(context).hasNotFailed();
                                increment(context);
                                await().atMost(BOUND)
                                        .until(() -> health(context).getStatus().equals(SyncHealthIndicator.DEGRADED));
                                assertThat(unreachable(context)).isPositive();
                            });
        }
    }

    private ApplicationContextRunner on(KafkaBroker broker) {
        return anywhere.withPropertyValues(
                "spring.data.redis.host=127.0.0.1",
                "spring.data.redis.port=" + redis.port(),
                "spring.kafka.bootstrap-servers=" + broker.bootstrapServers());
    }

    private static void fail(String... arguments) {
        assertThat(catchThrowable(() -> new SpringApplicationBuilder(App.class)
                        .web(WebApplicationType.NONE)
                        .bannerMode(Banner.Mode.OFF)
                        .properties(
                                "sync.mode=kafka",
                                "sync.kafka.start-timeout=20s",
                                "spring.data.redis.host=127.0.0.1",
                                "spring.data.redis.port=" + redis.port(),
                                "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers())
                        .run(arguments)
                        .close()))
                .isNotNull();
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

    private static double gauge(ApplicationContext context, String name) {
        return context.getBean(MeterRegistry.class).get(name).gauge().value();
    }

    private static double unreachable(ApplicationContext context) {
        return context.getBean(MeterRegistry.class)
                .get("sync.broadcast.unreachable")
                .timeGauge()
                .value();
    }

    // --- the shared broker, as an operator sees it ----------------------------------------------------------------

    private static Set<String> topics(String prefix) throws Exception {
        try (Admin admin = admin()) {
            Set<String> names = new TreeSet<>(admin.listTopics().names().get());
            names.removeIf(name -> !name.startsWith(prefix));
            return names;
        }
    }

    private static TopicDescription description(String topic) throws Exception {
        try (Admin admin = admin()) {
            return Objects.requireNonNull(
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic));
        }
    }

    private static String setting(String topic, String name) throws Exception {
        try (Admin admin = admin()) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            Config config = Objects.requireNonNull(
                    admin.describeConfigs(List.of(resource)).all().get().get(resource));
            return config.get(name).value();
        }
    }

    /** How many records there are in all its partitions. */
    private static long records(String topic) throws Exception {
        try (Admin admin = admin()) {
            long count = 0;
            for (var partition : description(topic).partitions()) {
                TopicPartition place = new TopicPartition(topic, partition.partition());
                count += admin.listOffsets(Map.of(place, OffsetSpec.latest()))
                        .partitionResult(place)
                        .get()
                        .offset();
            }
            return count;
        }
    }

    private static void create(String topic, Map<String, String> settings) {
        try (Admin admin = admin()) {
            NewTopic wanted = new NewTopic(topic, Optional.of(1), Optional.empty());
            assertThat(admin.createTopics(List.of(wanted.configs(settings)))
                            .all()
                            .toCompletionStage()
                            .toCompletableFuture())
                    .succeedsWithin(BOUND);
        }
    }

    private static Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({
        DataRedisAutoConfiguration.class,
        KafkaAutoConfiguration.class,
        SyncAutoConfiguration.class
    })
    static class App {}

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackageClasses = Declared.class)
    static class Declaring {

        @Bean
        Topic<Room> lobby() {
            return Topic.of("room:lobby", Room.class);
        }
    }
}
