package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.SyncTopic;
import io.distsync.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.stereotype.Component;

class InjectionTest {

    private static final AppState SENT = new AppState(7, "sent");

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class));

    @Test
    void constructorOfARecordGetsTheHandle() {
        runner.withUserConfiguration(ByConstructor.class).run(context -> {
            context.getBean(SyncService.class).send(AppState.class, SENT);
            assertThat(context.getBean(ByConstructor.class).sync().get()).isEqualTo(SENT);
        });
    }

    @Test
    void fieldSetterAndBeanParameterGetTheHandle() {
        runner.withUserConfiguration(ByField.class, BySetter.class, ByParameter.class)
                .run(context -> {
                    context.getBean(SyncService.class).send(AppState.class, SENT);
                    assertThat(context.getBean(ByField.class).sync.get()).isEqualTo(SENT);
                    assertThat(context.getBean(BySetter.class).sync.get()).isEqualTo(SENT);
                    assertThat(context.getBean(Holder.class).sync().get()).isEqualTo(SENT);
                });
    }

    @Test
    void providersOptionalsAndLazyProxiesGetTheHandle() {
        runner.withUserConfiguration(Indirect.class).run(context -> {
            context.getBean(SyncService.class).send(AppState.class, SENT);
            Indirect bean = context.getBean(Indirect.class);
            assertThat(bean.provider.getObject().get()).isEqualTo(SENT);
            assertThat(bean.provider.getIfAvailable()).isSameAs(bean.provider.getObject());
            assertThat(bean.optional.orElseThrow().get()).isEqualTo(SENT);
            assertThat(bean.lazy.get()).isEqualTo(SENT);
        });
    }

    @Test
    void stateTypeMayComeFromASubclass() {
        runner.withUserConfiguration(OfAppState.class, OfSettings.class).run(context -> {
            context.getBean(SyncService.class).send(AppState.class, SENT);
            assertThat(context.getBean(OfAppState.class).sync.get()).isEqualTo(SENT);
            assertThat(context.getBean(OfSettings.class).sync.get()).isEqualTo(new Settings("default"));
        });
    }

    @Test
    void parameterNameOfTheInternalBeanMakesNoDifference() {
        runner.withUserConfiguration(ByInternalName.class, OwnHandle.class)
                .run(context -> assertThat(context.getBean(ByInternalName.class).syncInjectedHandle())
                        .isSameAs(context.getBean("ownHandle")));
    }

    @Test
    void ownBeanTakesPrecedence() {
        runner.withUserConfiguration(ByConstructor.class, OwnHandle.class)
                .run(context ->
                        assertThat(context.getBean(ByConstructor.class).sync()).isSameAs(context.getBean("ownHandle")));
    }

    @Test
    void ownBeanOfARawTypeTakesPrecedence() {
        runner.withUserConfiguration(ByConstructor.class, OwnRawHandle.class)
                .run(context ->
                        assertThat(context.getBean(ByConstructor.class).sync()).isSameAs(context.getBean("ownHandle")));
    }

    @Test
    void ownBeanOfAnotherTypeDoesNotGetInTheWay() {
        runner.withUserConfiguration(ByConstructor.class, OtherHandle.class)
                .run(context -> assertThat(context.getBean(ByConstructor.class)
                                .sync()
                                .topic()
                                .name())
                        .isEqualTo("app_state"));
    }

    @Test
    void typeWithoutAnnotationIsFoundByItsTopicBean() {
        runner.withUserConfiguration(OfRoom.class, LobbyTopic.class).run(context -> {
            DistributedSync<Room> sync = context.getBean(OfRoom.class).sync();
            assertThat(sync.topic()).isSameAs(context.getBean("lobby"));
            assertThat(sync.get()).isEqualTo(new Room("empty"));
        });
    }

    @Test
    void genericStateIsFoundByItsTopicBean() {
        runner.withUserConfiguration(OfNames.class, NamesTopic.class)
                .run(context ->
                        assertThat(context.getBean(OfNames.class).sync().get()).containsExactly("nobody"));
    }

    @Test
    void topicBeanTakesPrecedenceOverTheAnnotation() {
        runner.withUserConfiguration(ByConstructor.class)
                .withBean(
                        "declared", Topic.class, () -> Topic.of(AppState.class).withInitial(() -> SENT))
                .run(context -> assertThat(
                                context.getBean(ByConstructor.class).sync().get())
                        .isEqualTo(SENT));
    }

    @Test
    void eachPlaceHasAHandleOfItsOwnAndPrototypesShareOne() {
        runner.withUserConfiguration(ByConstructor.class, ByField.class, Prototype.class)
                .run(context -> {
                    assertThat(context.getBean(ByConstructor.class).sync())
                            .isNotSameAs(context.getBean(ByField.class).sync);
                    assertThat(context.getBean(Prototype.class).sync).isSameAs(context.getBean(Prototype.class).sync);
                });
    }

    @Test
    void handlesCloseWithTheContext() {
        List<DistributedSync<AppState>> handles = new ArrayList<>();
        runner.withUserConfiguration(ByConstructor.class).run(context -> {
            handles.add(context.getBean(ByConstructor.class).sync());
            assertThat(handles.get(0).status().isCurrent()).isTrue();
        });
        assertThat(handles.get(0).status().isCurrent()).isFalse();
    }

    @Test
    void beanIsNotCreatedUnlessAskedFor() {
        runner.run(context ->
                assertThat(context.getBean(SyncService.class).status().topics()).isEmpty());
    }

    @Test
    void typeWithoutTopicEndsTheStart() {
        runner.withUserConfiguration(OfRoom.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncTopicException.class)
                        .hasMessageContaining("parameter 0 of the constructor of " + OfRoom.class.getName())
                        .hasMessageContaining(Room.class.getName()));
    }

    @Test
    void unnamedTypeEndsTheStart() {
        runner.withUserConfiguration(OfAnything.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(InvalidSyncTopicException.class)
                        .hasMessageContaining("field 'sync'"));
    }

    @Test
    void twoTypesForOneTopicEndTheStart() {
        runner.withUserConfiguration(ByConstructor.class, OfImpostor.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(TopicTypeMismatchException.class)
                        .hasMessageContaining("'app_state'")
                        .hasMessageContaining(AppState.class.getName())
                        .hasMessageContaining(Impostor.class.getName()));
    }

    @SyncTopic("settings")
    record Settings(String theme) {
        Settings() {
            this("default");
        }
    }

    @SyncTopic("app_state")
    record Impostor(String other) {}

    @Component
    record ByConstructor(DistributedSync<AppState> sync) {}

    @Component
    record ByInternalName(DistributedSync<AppState> syncInjectedHandle) {}

    @Component
    record OfRoom(DistributedSync<Room> sync) {}

    @Component
    record OfNames(DistributedSync<List<String>> sync) {}

    @Component
    record OfImpostor(DistributedSync<Impostor> sync) {}

    record Holder(DistributedSync<AppState> sync) {}

    @Component
    static class ByField {

        @Autowired
        private DistributedSync<AppState> sync;
    }

    @Component
    static class OfAnything {

        @Autowired
        @SuppressWarnings("UnusedVariable")
        private DistributedSync<?> sync;
    }

    @Component
    static class BySetter {

        private DistributedSync<AppState> sync;

        @Autowired
        void use(DistributedSync<AppState> handle) {
            sync = handle;
        }
    }

    @Component
    @Scope("prototype")
    static class Prototype {

        @Autowired
        private DistributedSync<AppState> sync;
    }

    @Configuration(proxyBeanMethods = false)
    static class ByParameter {

        @Bean
        Holder holder(DistributedSync<AppState> handle) {
            return new Holder(handle);
        }
    }

    @Component
    static class Indirect {

        @Autowired
        private ObjectProvider<DistributedSync<AppState>> provider;

        @Autowired
        private Optional<DistributedSync<AppState>> optional;

        @Autowired
        @Lazy
        private DistributedSync<AppState> lazy;
    }

    abstract static class Base<T> {

        @Autowired
        DistributedSync<T> sync;
    }

    @Component
    static class OfAppState extends Base<AppState> {}

    @Component
    static class OfSettings extends Base<Settings> {}

    @Configuration(proxyBeanMethods = false)
    static class OwnHandle {

        @Bean
        DistributedSync<AppState> ownHandle() {
            return Mockito.mock();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OtherHandle {

        @Bean
        DistributedSync<Settings> otherHandle() {
            return Mockito.mock();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @SuppressWarnings("rawtypes")
    static class OwnRawHandle {

        @Bean
        DistributedSync ownHandle() {
            return Mockito.mock(DistributedSync.class);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class LobbyTopic {

        @Bean
        Topic<Room> lobby() {
            return Topic.of("room:lobby", Room.class).withInitial(() -> new Room("empty"));
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class NamesTopic {

        @Bean
        Topic<List<String>> names() {
            ParameterizedTypeReference<List<String>> type = new ParameterizedTypeReference<>() {};
            return Topic.<List<String>>ofGeneric("names", type.getType()).withInitial(() -> List.of("nobody"));
        }
    }
}
