package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.map;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.BackendInfo;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.kafka.KafkaSyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.boot.autoconfigure.declared.Declared;
import io.distsync.boot.autoconfigure.misnamed.Misnamed;
import io.distsync.testsupport.net.Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.SslConfigs;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaProducerFactoryCustomizer;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.SslBundleSslEngineFactory;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.ProducerFactory;

/** What the mode {@code kafka} takes over from the application; no server is needed for that. */
class KafkaModeTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SslAutoConfiguration.class,
                    DataRedisAutoConfiguration.class,
                    KafkaAutoConfiguration.class,
                    SyncAutoConfiguration.class))
            // Nobody answers there, and no test waits for it.
            .withPropertyValues(
                    "sync.mode=kafka",
                    "sync.kafka.start-timeout=0s",
                    "spring.data.redis.host=127.0.0.1",
                    "spring.data.redis.port=1",
                    "spring.kafka.bootstrap-servers=127.0.0.1:1");

    @AfterEach
    void everythingIsClosed() {
        LibraryThreads.awaitNone();
    }

    @Test
    void backendIsThatOfKafkaOnTheClientOfRedis() {
        runner.run(context -> {
            assertThat(context)
                    .hasSingleBean(SyncService.class)
                    .hasSingleBean(SyncBackend.class)
                    .hasSingleBean(DerivedRedisClient.class);
            BackendInfo info = context.getBean(KafkaSyncBackend.class).info();
            assertThat(info.name()).isEqualTo("kafka");
            assertThat(Objects.requireNonNull(info.broadcast()).system()).isEqualTo("kafka");
        });
    }

    @Test
    void modeIsReadIgnoringCase() {
        runner.withPropertyValues("sync.mode=KAFKA")
                .run(context -> assertThat(context).hasSingleBean(KafkaSyncBackend.class));
    }

    @Test
    void propertiesReachTheBackend() {
        runner.withPropertyValues(
                        "sync.max-payload-size=2KB",
                        "sync.heartbeat=1m",
                        "sync.lease.sweep=1h",
                        "sync.prefix=shop:",
                        "sync.kafka.create-topics=false",
                        "sync.kafka.partitions=3",
                        "sync.kafka.replication-factor=2",
                        "sync.kafka.retention=1h",
                        "sync.kafka.broker-wait=1s")
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
                        .doesNotHaveBean(DerivedRedisClient.class)
                        .doesNotHaveBean(KafkaTopicsCheck.class));
        runner.withBean("own", SyncService.class, SyncService::local)
                .run(context -> assertThat(context)
                        .hasSingleBean(SyncService.class)
                        .doesNotHaveBean(SyncBackend.class)
                        .doesNotHaveBean(DerivedRedisClient.class)
                        .doesNotHaveBean(KafkaTopicsCheck.class));
    }

    @Test
    void otherModesAndSwitchedOffLeaveKafkaAlone() {
        for (String setting : List.of("sync.mode=local", "sync.mode=redis", "sync.enabled=false")) {
            runner.withPropertyValues(setting).run(context -> {
                assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(KafkaSyncBackend.class)
                        .doesNotHaveBean(DerivedKafkaSettings.class)
                        .doesNotHaveBean(KafkaTopicsCheck.class);
                assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("kafka-"));
            });
        }
    }

    @Test
    void settingsAreThoseOfEachClient() {
        runner.withPropertyValues(
                        "spring.kafka.client-id=shop",
                        "spring.kafka.security.protocol=SASL_SSL",
                        "spring.kafka.properties.sasl.mechanism=PLAIN",
                        "spring.kafka.properties.sasl.jaas.config=secret for all",
                        "spring.kafka.producer.bootstrap-servers=producer.example:9092",
                        "spring.kafka.producer.properties.linger.ms=7",
                        "spring.kafka.consumer.bootstrap-servers=consumer.example:9092",
                        "spring.kafka.consumer.properties.client.rack=a",
                        "spring.kafka.admin.properties.request.timeout.ms=700",
                        // Its clients would want to resolve these names, and to read that login.
                        "sync.enabled=false")
                .withUserConfiguration(SettingsOnly.class)
                .run(context -> {
                    DerivedKafkaSettings settings = context.getBean(DerivedKafkaSettings.class);
                    for (Map<String, Object> each :
                            List.of(settings.admin(), settings.producer(), settings.consumer())) {
                        assertThat(each)
                                .containsEntry("security.protocol", "SASL_SSL")
                                .containsEntry("sasl.mechanism", "PLAIN")
                                .containsEntry("sasl.jaas.config", "secret for all");
                    }
                    assertThat(settings.admin())
                            .containsEntry("client.id", "shop")
                            .containsEntry("bootstrap.servers", List.of("127.0.0.1:1"))
                            .containsEntry("request.timeout.ms", "700");
                    assertThat(settings.producer())
                            .containsEntry("bootstrap.servers", List.of("producer.example:9092"))
                            .containsEntry("linger.ms", "7");
                    assertThat(settings.consumer())
                            .containsEntry("bootstrap.servers", List.of("consumer.example:9092"))
                            .containsEntry("client.rack", "a");
                });
    }

    @Test
    void sslBundleApplies() {
        try (Certificate certificate = Certificate.create()) {
            runner.withPropertyValues(
                            "spring.ssl.bundle.pem.brokers.truststore.certificate=file:" + certificate.certificate(),
                            "spring.kafka.security.protocol=SSL",
                            "spring.kafka.ssl.bundle=brokers")
                    .run(context -> {
                        assertThat(context).hasSingleBean(KafkaSyncBackend.class);
                        DerivedKafkaSettings settings = context.getBean(DerivedKafkaSettings.class);
                        for (Map<String, Object> each :
                                List.of(settings.admin(), settings.producer(), settings.consumer())) {
                            assertThat(each)
                                    .containsEntry("security.protocol", "SSL")
                                    .containsEntry(
                                            SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG,
                                            SslBundleSslEngineFactory.class);
                        }
                    });
        }
    }

    @Test
    void connectionDetailsGoBeforeTheProperties() {
        runner.withBean(KafkaConnectionDetails.class, () -> () -> List.of("127.0.0.1:2"))
                .run(context -> {
                    DerivedKafkaSettings settings = context.getBean(DerivedKafkaSettings.class);
                    for (Map<String, Object> each :
                            List.of(settings.admin(), settings.producer(), settings.consumer())) {
                        assertThat(each).containsEntry("bootstrap.servers", List.of("127.0.0.1:2"));
                    }
                });
    }

    @Test
    void suppliersAndCustomizersOfFactoriesApply() {
        runner.withBean(
                        DefaultKafkaProducerFactoryCustomizer.class,
                        () -> factory -> factory.setBootstrapServersSupplier(() -> "127.0.0.1:3"))
                .run(context -> assertThat(
                                context.getBean(DerivedKafkaSettings.class).producer())
                        .extractingByKey("bootstrap.servers")
                        .asString()
                        .contains("127.0.0.1:3"));
    }

    @Test
    void primaryOfSeveralFactoriesIsTaken() {
        runner.withUserConfiguration(TwoFactories.class)
                .run(context -> assertThat(
                                context.getBean(DerivedKafkaSettings.class).producer())
                        .containsEntry("bootstrap.servers", "127.0.0.1:5"));
    }

    @Test
    void settingsWithoutValueAreLeftOut() {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", "127.0.0.1:6");
        settings.put("client.rack", null);
        runner.withBean(KafkaAdmin.class, () -> new KafkaAdmin(settings))
                .run(context -> assertThat(
                                context.getBean(DerivedKafkaSettings.class).admin())
                        .asInstanceOf(map(String.class, Object.class))
                        .containsOnlyKeys("bootstrap.servers"));
    }

    @Test
    void topicsAreDeclaredByBeansTypesAndProperties() {
        runner.withUserConfiguration(Declaring.class)
                .withPropertyValues("sync.kafka.topics=orders,room:hall,app_state")
                .run(context -> assertThat(context.getBean(DeclaredTopics.class).names())
                        .containsExactly(
                                "app_state",
                                "as-interface",
                                "as-nested",
                                "as-record",
                                "orders",
                                "room:hall",
                                "room:lobby"));
    }

    @Test
    void onlyTheOnesOfPropertiesAndBeansAreDeclaredWithoutPackagesToSearch() {
        runner.withBean(Topic.class, () -> Topic.of("room:lobby", Room.class))
                .run(context -> assertThat(context.getBean(DeclaredTopics.class).names())
                        .containsExactly("room:lobby"));
    }

    @Test
    void badNameOfADeclaredTypeIsRefused() {
        runner.withUserConfiguration(DeclaringABadName.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncTopicException.class)
                        .hasMessageContaining("Bad topic name in @SyncTopic on " + Misnamed.class.getName()));
    }

    /** Reads the settings of the factories without a backend on them. */
    @Configuration(proxyBeanMethods = false)
    static class SettingsOnly {

        @Bean
        DerivedKafkaSettings settings(
                ObjectProvider<KafkaAdmin> admins,
                ObjectProvider<ProducerFactory<?, ?>> producers,
                ObjectProvider<ConsumerFactory<?, ?>> consumers,
                ListableBeanFactory beans) {
            return DerivedKafkaSettings.of(admins, producers, consumers, beans);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoFactories {

        @Bean
        ProducerFactory<?, ?> events() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:4"));
        }

        @Bean
        @Primary
        ProducerFactory<?, ?> state() {
            return new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", "127.0.0.1:5"));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackageClasses = Declared.class)
    static class Declaring {

        @Bean
        Topic<Room> lobby() {
            return Topic.of("room:lobby", Room.class);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigurationPackage(basePackageClasses = Misnamed.class)
    static class DeclaringABadName {}
}
