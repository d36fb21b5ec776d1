package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.History;
import io.distsync.backend.PayloadFormat;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncListenerRegistry;
import io.distsync.codec.Codec;
import io.distsync.codec.JacksonCodec;
import io.distsync.error.ServiceClosedException;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import jakarta.annotation.PreDestroy;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

class SyncAutoConfigurationTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncListenerAutoConfiguration.class));

    @Test
    void localServiceIsTheDefault() {
        runner.run(context -> {
            assertThat(context).hasSingleBean(SyncService.class).hasSingleBean(LocalSyncBackend.class);
            SyncService service = context.getBean(SyncService.class);
            service.optimisticUpdate(AppState.class, AppState::increment);
            assertThat(service.fetchLatest(AppState.class).orElseThrow().value())
                    .isEqualTo(new AppState(1, ""));
        });
    }

    @Test
    void modeIsReadIgnoringCase() {
        runner.withPropertyValues("sync.mode=LOCAL")
                .run(context -> assertThat(context).hasSingleBean(LocalSyncBackend.class));
    }

    @Test
    void ownServiceReplacesServiceAndBackend() {
        runner.withUserConfiguration(OwnService.class).run(context -> {
            assertThat(context).hasSingleBean(SyncService.class).doesNotHaveBean(SyncBackend.class);
            assertThat(context.getBean(SyncService.class)).isSameAs(context.getBean("ownService"));
        });
    }

    @Test
    void ownBackendReplacesTheLocalOne() {
        runner.withUserConfiguration(OwnBackend.class).run(context -> {
            assertThat(context).hasSingleBean(SyncBackend.class).hasBean("ownBackend");
            context.getBean(SyncService.class).send(AppState.class, new AppState(3, "own"));
        });
    }

    @Test
    void ownBackendWorksInAnyMode() {
        runner.withUserConfiguration(OwnBackend.class)
                .withPropertyValues("sync.mode=redis")
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(SyncService.class));
    }

    @Test
    void ownServiceWorksInAnyMode() {
        runner.withUserConfiguration(OwnService.class)
                .withPropertyValues("sync.mode=kafka")
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(SyncService.class));
    }

    @Test
    void ownTimeSourceReplacesTheSystems() {
        runner.withBean("ownTime", TimeSource.class, TimeSource::system)
                .run(context -> assertThat(context).hasSingleBean(TimeSource.class));
    }

    @Test
    void ownListenerRegistrySwitchesListenersOff() {
        runner.withBean("ownRegistry", SyncListenerRegistry.class, Mockito::mock)
                .run(context -> assertThat(context)
                        .hasSingleBean(SyncListenerRegistry.class)
                        .doesNotHaveBean(ListenerScanner.class));
    }

    @Test
    void codecUsesTheMapperOfTheApplication() {
        runner.withBean(
                        JsonMapper.class,
                        () -> JsonMapper.builder()
                                .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
                                .build())
                .run(context ->
                        assertThat(encoded(context.getBean(Codec.class))).contains("\"Counter\":1"));
    }

    @Test
    void codecUsesTheMapperOfSpringBoot() {
        runner.withConfiguration(AutoConfigurations.of(JacksonAutoConfiguration.class))
                .withPropertyValues("spring.jackson.property-naming-strategy=SNAKE_CASE")
                .run(context -> assertThat(context).hasSingleBean(JacksonCodec.class));
    }

    @Test
    void codecHasAMapperOfItsOwnWithoutOneInTheContext() {
        runner.run(context -> assertThat(encoded(context.getBean(Codec.class))).contains("\"counter\":1"));
    }

    @Test
    void codecHasAMapperOfItsOwnIfTheContextHasSeveral() {
        runner.withBean("one", JsonMapper.class, () -> JsonMapper.builder().build())
                .withBean("two", JsonMapper.class, () -> JsonMapper.builder().build())
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(JacksonCodec.class));
    }

    @Test
    void ownCodecReplacesJson() {
        runner.withBean("ownCodec", Codec.class, NoCodec::new)
                .run(context -> assertThat(context).hasSingleBean(Codec.class).doesNotHaveBean(JacksonCodec.class));
    }

    @Test
    void propertiesReachTheBackend() {
        runner.withPropertyValues("sync.max-payload-size=2KB")
                .run(context -> assertThat(
                                context.getBean(SyncBackend.class).info().maxPayloadBytes())
                        .isEqualTo(2_048));
    }

    @Test
    void retentionIsThatOfTopicsWhichDoNotChooseOne() {
        runner.withPropertyValues("sync.retention=256").run(context -> {
            SyncService service = context.getBean(SyncService.class);
            Topic<AppState> unlimited =
                    Topic.of(AppState.class).withName("unlimited").withRetention(TopicOptions.Retention.everything());
            for (int i = 0; i < 1_000; i++) {
                service.optimisticUpdate(AppState.class, AppState::increment);
                service.optimisticUpdate(unlimited, AppState::increment);
            }
            assertThat(historyFrom(context.getBean(SyncBackend.class), "app_state"))
                    .isInstanceOf(History.Gone.class);
            assertThat(historyFrom(context.getBean(SyncBackend.class), "unlimited"))
                    .isInstanceOf(History.Changes.class);
        });
    }

    private static History historyFrom(SyncBackend backend, String topic) {
        return backend.history(topic, Version.ABSENT, 10).toCompletableFuture().join();
    }

    @Test
    void customizersComeAfterTheProperties() {
        runner.withPropertyValues("sync.timeout=1m")
                .withBean(SyncServiceCustomizer.class, () -> builder -> builder.timeout(Duration.ofMillis(1)))
                .run(context -> assertThat(context).hasNotFailed());
        runner.withBean(SyncServiceCustomizer.class, () -> builder -> builder.maxConflicts(0))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("maxConflicts"));
    }

    @Test
    void disabledLeavesNoBeanAndNoThread() {
        LibraryThreads.awaitNone();
        runner.withUserConfiguration(WithListener.class)
                .withPropertyValues("sync.enabled=false")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBeanDefinitionNames())
                            .noneMatch(name -> name.contains("sync") && !name.endsWith("WithListener"));
                    assertThat(LibraryThreads.names()).isEmpty();
                });
    }

    @Test
    void closedContextLeavesNoThread() {
        runner.withUserConfiguration(WithListener.class).run(context -> {
            context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
            assertThat(LibraryThreads.names()).isNotEmpty();
        });
        LibraryThreads.awaitNone();
    }

    @Test
    void serviceClosesAfterTheBeansThatUseIt() {
        List<SyncService> closed = new ArrayList<>();
        AtomicReference<AppState> written = new AtomicReference<>();
        runner.withBean(WritesOnDestroy.class, () -> new WritesOnDestroy(written))
                .withUserConfiguration(WithHandle.class)
                .run(context -> closed.add(context.getBean(SyncService.class)));
        assertThat(written.get()).isEqualTo(new AppState(1, ""));
        assertThat(closed.get(0).isClosed()).isTrue();
        assertThatThrownBy(() -> closed.get(0).send(AppState.class, new AppState()))
                .isInstanceOf(ServiceClosedException.class);
    }

    private static String encoded(Codec codec) {
        PayloadFormat<AppState> format = codec.format(AppState.class);
        return new String(format.encode(new AppState(1, "x")), StandardCharsets.UTF_8);
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnService {

        @Bean
        SyncService ownService() {
            return SyncService.local();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnBackend {

        @Bean
        SyncBackend ownBackend() {
            return LocalSyncBackend.create();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WithListener {

        @SyncListener
        void listen(AppState state) {}
    }

    private static final class NoCodec implements Codec {

        @Override
        public <T> PayloadFormat<T> format(Type type) {
            throw new IllegalArgumentException("not needed");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class WithHandle {

        @Bean
        String note(DistributedSync<AppState> handle) {
            return handle.get().note();
        }
    }

    private static final class WritesOnDestroy {

        private final AtomicReference<AppState> written;

        @Autowired
        private SyncService service;

        WritesOnDestroy(AtomicReference<AppState> written) {
            this.written = written;
        }

        @PreDestroy
        void write() {
            written.set(service.optimisticUpdate(AppState.class, AppState::increment)
                    .value());
        }
    }
}
