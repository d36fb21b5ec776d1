package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.distsync.Delivery;
import io.distsync.SyncService;
import io.distsync.SyncStatus;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.boot.ErrorHandling;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncListenerErrorHandler;
import io.distsync.boot.SyncListenerRegistry;
import io.distsync.version.Version;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.aopalliance.intercept.MethodInterceptor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Scope;
import org.springframework.core.annotation.AliasFor;
import org.springframework.stereotype.Component;

class SyncListenerTest {

    private static final Duration BOUND = Duration.ofSeconds(20);

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncListenerAutoConfiguration.class))
            .withBean(Heard.class);

    @Test
    void methodIsToldEveryChangeInOrder() {
        runner.withUserConfiguration(OfState.class).run(context -> {
            for (int i = 1; i <= 100; i++) {
                send(context, i);
            }
            for (int i = 1; i <= 100; i++) {
                assertThat(heard(context).next()).isEqualTo(new AppState(i, ""));
            }
        });
    }

    @Test
    void presentStateIsToldFirst() {
        runner.withUserConfiguration(OfState.class, SendsBeforeStart.class)
                .run(context -> assertThat(heard(context).next()).isEqualTo(new AppState(42, "before")));
    }

    @Test
    void deleteIsToldAsTheInitialValue() {
        runner.withUserConfiguration(OfState.class).run(context -> {
            send(context, 1);
            assertThat(heard(context).next()).isEqualTo(new AppState(1, ""));
            service(context).delete(AppState.class);
            assertThat(heard(context).next()).isEqualTo(new AppState(0, ""));
        });
    }

    @Test
    void versionedTellsADeleteApart() {
        runner.withUserConfiguration(OfVersioned.class).run(context -> {
            Versioned<AppState> sent = send(context, 1);
            assertThat(heard(context).next()).isEqualTo(sent);
            service(context).delete(AppState.class);
            assertThat(heard(context).next())
                    .isInstanceOfSatisfying(
                            Versioned.class, it -> assertThat(it.present()).isFalse());
        });
    }

    @Test
    void secondParameterIsTheVersion() {
        runner.withUserConfiguration(OfStateAndVersion.class).run(context -> {
            Versioned<AppState> sent = send(context, 1);
            assertThat(heard(context).next()).isEqualTo(sent.value() + " at " + sent.version());
        });
    }

    @Test
    void deleteWithoutInitialValueIsNullOnlyWhereNullIsTaken() {
        runner.withUserConfiguration(OfRoom.class, OfNullableRoom.class).run(context -> {
            Topic<Room> topic = Topic.of("room:42", Room.class);
            service(context).send(topic, new Room("a"));
            service(context).delete(topic);
            service(context).send(topic, new Room("b"));
            await().atMost(BOUND).until(() -> heard(context).size() == 5);
            assertThat(heard(context).all())
                    .containsExactlyInAnyOrder("room a", "room b", "nullable a", "nullable null", "nullable b");
        });
    }

    @Test
    void topicMayBeAPlaceholderOrAnExpression() {
        runner.withUserConfiguration(OfConfiguredRoom.class)
                .withPropertyValues("room=kitchen")
                .run(context -> {
                    service(context).send(Topic.of("room:kitchen", Room.class), new Room("k"));
                    assertThat(heard(context).next()).isEqualTo("placeholder k");
                    service(context).send(Topic.of("room:12", Room.class), new Room("e"));
                    assertThat(heard(context).next()).isEqualTo("expression e");
                });
    }

    @Test
    void annotatedTypeKeepsItsInitialValueUnderAnotherName() {
        runner.withUserConfiguration(OfOtherName.class).run(context -> {
            Topic<AppState> topic = Topic.of(AppState.class).withName("app_state:2");
            service(context).optimisticUpdate(topic, AppState::increment);
            assertThat(heard(context).next()).isEqualTo(new AppState(1, ""));
        });
    }

    @Test
    void topicBeanGivesInitialValueAndOptions() {
        runner.withUserConfiguration(OfRoom.class)
                .withBean(
                        "declared",
                        Topic.class,
                        () -> Topic.of("room:42", Room.class)
                                .withInitial(() -> new Room("initial"))
                                .withConflation())
                .run(context -> {
                    Topic<?> topic = context.getBean("declared", Topic.class);
                    assertThat(service(context).sync(topic).get()).isEqualTo(new Room("initial"));
                });
    }

    @Test
    void severalMethodsAndSeveralBeansAreTold() {
        runner.withUserConfiguration(Several.class, OfVersioned.class).run(context -> {
            send(context, 1);
            await().atMost(BOUND).until(() -> heard(context).size() == 3);
            assertThat(registry(context).ids()).hasSize(3);
        });
    }

    @Test
    void privateStaticAndInheritedMethodsAreTold() {
        runner.withUserConfiguration(Inheriting.class).run(context -> {
            send(context, 1);
            await().atMost(BOUND).until(() -> heard(context).size() == 2);
            assertThat(heard(context).all()).containsExactlyInAnyOrder("private 1", "inherited 1");
        });
    }

    @Test
    void inheritedMethodOfAGenericClassKnowsItsState() {
        runner.withUserConfiguration(Concrete.class).run(context -> {
            send(context, 1);
            assertThat(heard(context).next()).isEqualTo("generic 1");
        });
    }

    @Test
    void annotationMayBeComposed() {
        runner.withUserConfiguration(Composed.class).run(context -> {
            send(context, 1);
            assertThat(heard(context).next()).isEqualTo("composed 1");
            assertThat(registry(context).ids()).containsExactly("my-id");
        });
    }

    @Test
    void methodOfAConfigurationClassIsTold() {
        runner.withUserConfiguration(Full.class).run(context -> {
            send(context, 1);
            assertThat(heard(context).next()).isEqualTo("configuration 1");
        });
    }

    @Test
    void aspectsApplyToAClassProxy() {
        runner.withUserConfiguration(Proxies.class, Proxied.class).run(context -> {
            assertThat(AopUtils.isCglibProxy(context.getBean(Proxied.class))).isTrue();
            send(context, 1);
            await().atMost(BOUND).until(() -> heard(context).size() == 3);
            assertThat(heard(context).all()).containsExactlyInAnyOrder("package 1", "private 1", "final 1");
            assertThat(context.getBean(Intercepted.class).names).containsExactly("ofPackage");
        });
    }

    @Test
    void aspectsApplyToAnInterfaceProxy() {
        runner.withUserConfiguration(Proxies.class, ProxiedByInterface.class).run(context -> {
            send(context, 1);
            await().atMost(BOUND).until(() -> heard(context).size() == 2);
            assertThat(heard(context).all()).containsExactlyInAnyOrder("interface 1", "class 1");
            assertThat(context.getBean(Intercepted.class).names).containsExactly("ofInterface");
        });
    }

    @Test
    void lazyBeanIsCreatedByTheFirstCall() {
        runner.withUserConfiguration(LazyOne.class).run(context -> {
            assertThat(context.getBeanFactory().containsSingleton("syncListenerTest.LazyOne"))
                    .isFalse();
            send(context, 1);
            assertThat(heard(context).next()).isEqualTo("lazy 1");
        });
    }

    @Test
    void prototypeIsCreatedForEachCall() {
        runner.withUserConfiguration(PrototypeOne.class).run(context -> {
            send(context, 1);
            send(context, 2);
            assertThat(heard(context).next()).isNotEqualTo(heard(context).next());
            assertThat(registry(context).ids()).hasSize(1);
        });
    }

    @Test
    void deliveryReachesTheService() {
        runner.withUserConfiguration(LatestOnly.class).run(context -> {
            SyncStatus.TopicStatus status = service(context).status().topics().get(0);
            assertThat(status.listeners())
                    .singleElement()
                    .satisfies(it -> assertThat(it.delivery()).isEqualTo(Delivery.LATEST))
                    .satisfies(it -> assertThat(it.name()).isEqualTo("latest-only"));
        });
    }

    @Test
    void failureIsSkippedByDefault() {
        runner.withUserConfiguration(FailsOnOdd.class).run(context -> {
            send(context, 1);
            send(context, 2);
            assertThat(heard(context).next()).isEqualTo("heard 2");
            assertThat(registry(context).isRunning("fails")).isTrue();
        });
    }

    @Test
    void failureStopsAListenerThatAsksForIt() {
        runner.withUserConfiguration(StopsOnFailure.class).run(context -> {
            send(context, 2);
            assertThat(heard(context).next()).isEqualTo("heard 2");
            send(context, 3);
            await().atMost(BOUND).until(() -> !registry(context).isRunning("stops"));
            send(context, 4);
            registry(context).start("stops");
            assertThat(heard(context).next()).isEqualTo("heard 4");
        });
    }

    @Test
    void errorHandlerDecides() {
        runner.withUserConfiguration(WithErrorHandler.class)
                .withBean("decide", SyncListenerErrorHandler.class, () -> (id, error) -> {
                    assertThat(id).isEqualTo("handled");
                    return "3".equals(error.getMessage())
                            ? ErrorHandling.STOP_LISTENER
                            : ErrorHandling.LOG_AND_CONTINUE;
                })
                .run(context -> {
                    send(context, 1);
                    send(context, 2);
                    assertThat(heard(context).next()).isEqualTo("heard 2");
                    send(context, 3);
                    await().atMost(BOUND).until(() -> !registry(context).isRunning("handled"));
                });
    }

    @Test
    void failingErrorHandlerChangesNothing() {
        runner.withUserConfiguration(WithErrorHandler.class)
                .withBean("decide", SyncListenerErrorHandler.class, () -> (id, error) -> {
                    throw new IllegalStateException("handler");
                })
                .run(context -> {
                    send(context, 1);
                    send(context, 2);
                    assertThat(heard(context).next()).isEqualTo("heard 2");
                });
    }

    @Test
    void listenerMayUpdateItsOwnTopic() {
        runner.withUserConfiguration(CountsToTen.class).run(context -> {
            send(context, 1);
            await().atMost(BOUND)
                    .until(() -> service(context)
                                    .fetchLatest(AppState.class)
                                    .orElseThrow()
                                    .value()
                                    .counter()
                            == 10);
        });
    }

    @Test
    void listenerStartsByHandIfItAsksForIt() {
        runner.withUserConfiguration(ByHand.class)
                .withPropertyValues("auto=false")
                .run(context -> {
                    assertThat(registry(context).isRunning("by-hand")).isFalse();
                    send(context, 1);
                    registry(context).start("by-hand");
                    assertThat(heard(context).next()).isEqualTo("by hand 1");
                    registry(context).stop("by-hand");
                    assertThat(registry(context).isRunning("by-hand")).isFalse();
                    send(context, 2);
                    assertThat(heard(context).size()).isZero();
                });
    }

    @Test
    void listenerMayStopItself() {
        runner.withUserConfiguration(StopsItself.class).run(context -> {
            send(context, 1);
            await().atMost(BOUND).until(() -> !registry(context).isRunning("self"));
            assertThat(heard(context).next()).isEqualTo("heard 1");
        });
    }

    @Test
    void unknownIdIsRefused() {
        runner.withUserConfiguration(ByHand.class)
                .withPropertyValues("auto=true")
                .run(context -> assertThatThrownBy(() -> registry(context).start("nobody"))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("'nobody'")
                        .hasMessageContaining("by-hand"));
    }

    private static SyncService service(AssertableApplicationContext context) {
        return context.getBean(SyncService.class);
    }

    private static SyncListenerRegistry registry(AssertableApplicationContext context) {
        return context.getBean(SyncListenerRegistry.class);
    }

    private static Heard heard(AssertableApplicationContext context) {
        return context.getBean(Heard.class);
    }

    private static Versioned<AppState> send(AssertableApplicationContext context, long counter) {
        return service(context).send(AppState.class, new AppState(counter, ""));
    }

    /** What the listeners were told. */
    static class Heard {

        private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();

        void add(Object what) {
            queue.add(what);
        }

        Object next() throws InterruptedException {
            Object next = queue.poll(BOUND.toSeconds(), TimeUnit.SECONDS);
            assertThat(next).as("a delivery").isNotNull();
            return next;
        }

        int size() {
            return queue.size();
        }

        List<Object> all() {
            return new ArrayList<>(queue);
        }
    }

    @Component
    record OfState(Heard heard) {

        @SyncListener
        void listen(AppState state) {
            heard.add(state);
        }
    }

    @Component
    record OfVersioned(Heard heard) {

        @SyncListener
        void listen(Versioned<AppState> state) {
            heard.add(state);
        }
    }

    @Component
    record OfStateAndVersion(Heard heard) {

        @SyncListener
        void listen(AppState state, Version version) {
            heard.add(state + " at " + version);
        }
    }

    @Component
    record OfRoom(Heard heard) {

        @SyncListener(topic = "room:42")
        void listen(Room room) {
            heard.add("room " + room.name());
        }
    }

    @Component
    record OfNullableRoom(Heard heard) {

        @SyncListener(topic = "room:42")
        void listen(@Nullable Room room) {
            heard.add("nullable " + (room == null ? null : room.name()));
        }
    }

    @Component
    record OfConfiguredRoom(Heard heard) {

        @SyncListener(topic = "room:${room}")
        void placeholder(Room room) {
            heard.add("placeholder " + room.name());
        }

        @SyncListener(topic = "room:#{3 * 4}")
        void expression(Room room) {
            heard.add("expression " + room.name());
        }
    }

    @Component
    record OfOtherName(Heard heard) {

        @SyncListener(topic = "app_state:2")
        void listen(AppState state) {
            heard.add(state);
        }
    }

    @Component
    record Several(Heard heard) {

        @SyncListener
        void one(AppState state) {
            heard.add("one " + state.counter());
        }

        @SyncListener
        void one(Versioned<AppState> state) {
            heard.add("two " + state.value().counter());
        }
    }

    @Component
    record LatestOnly(Heard heard) {

        @SyncListener(delivery = Delivery.LATEST, id = "latest-only")
        void listen(AppState state) {
            heard.add(state);
        }
    }

    @Component
    record FailsOnOdd(Heard heard) {

        @SyncListener(id = "fails")
        void listen(AppState state) {
            failOnOdd(heard, state);
        }
    }

    @Component
    record StopsOnFailure(Heard heard) {

        @SyncListener(id = "stops", errorHandling = ErrorHandling.STOP_LISTENER)
        void listen(AppState state) {
            failOnOdd(heard, state);
        }
    }

    @Component
    record WithErrorHandler(Heard heard) {

        @SyncListener(id = "handled", errorHandler = "decide")
        void listen(AppState state) {
            failOnOdd(heard, state);
        }
    }

    private static void failOnOdd(Heard heard, AppState state) {
        if (state.counter() % 2 == 1) {
            throw new IllegalStateException(String.valueOf(state.counter()));
        }
        heard.add("heard " + state.counter());
    }

    @Component
    record CountsToTen(SyncService service) {

        @SyncListener
        void listen(AppState state) {
            if (state.counter() < 10) {
                service.optimisticUpdate(AppState.class, AppState::increment);
            }
        }
    }

    @Component
    record ByHand(Heard heard) {

        @SyncListener(id = "by-hand", autoStartup = "${auto}")
        void listen(AppState state) {
            heard.add("by hand " + state.counter());
        }
    }

    @Component
    record StopsItself(Heard heard, @Lazy SyncListenerRegistry registry) {

        @SyncListener(id = "self")
        void listen(AppState state) {
            heard.add("heard " + state.counter());
            registry.stop("self");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class SendsBeforeStart {

        @Bean
        String sent(SyncService service) {
            service.send(AppState.class, new AppState(42, "before"));
            return "sent";
        }
    }

    @Configuration
    static class Full {

        private final Heard heard;

        Full(Heard heard) {
            this.heard = heard;
        }

        @SyncListener
        void listen(AppState state) {
            heard.add("configuration " + state.counter());
        }
    }

    abstract static class Parent {

        abstract Heard heard();

        @SyncListener
        void inherited(AppState state) {
            heard().add("inherited " + state.counter());
        }
    }

    @Component
    static class Inheriting extends Parent {

        private final Heard heard;

        Inheriting(Heard heard) {
            this.heard = heard;
        }

        @Override
        Heard heard() {
            return heard;
        }

        @SyncListener
        @SuppressWarnings("UnusedMethod")
        private void hidden(AppState state) {
            heard.add("private " + state.counter());
        }
    }

    abstract static class Generic<T> {

        @SyncListener
        void listen(T state) {
            heard(state);
        }

        abstract void heard(T state);
    }

    @Component
    static class Concrete extends Generic<AppState> {

        private final Heard heard;

        Concrete(Heard heard) {
            this.heard = heard;
        }

        @Override
        void heard(AppState state) {
            heard.add("generic " + state.counter());
        }
    }

    @Retention(RetentionPolicy.RUNTIME)
    @SyncListener
    @interface MyListener {

        @AliasFor(annotation = SyncListener.class, attribute = "id")
        String name();
    }

    @Component
    record Composed(Heard heard) {

        @MyListener(name = "my-id")
        void listen(AppState state) {
            heard.add("composed " + state.counter());
        }
    }

    @Component
    @Lazy
    record LazyOne(Heard heard) {

        @SyncListener
        void listen(AppState state) {
            heard.add("lazy " + state.counter());
        }
    }

    @Component
    @Scope("prototype")
    static class PrototypeOne {

        private static final AtomicInteger CREATED = new AtomicInteger();

        private final Heard heard;
        private final int number = CREATED.incrementAndGet();

        PrototypeOne(Heard heard) {
            this.heard = heard;
        }

        @SyncListener
        void listen(AppState state) {
            heard.add("instance " + number);
        }
    }

    @Component
    static class Proxied {

        private Heard heard;

        @Autowired
        void use(Heard it) {
            heard = it;
        }

        @SyncListener
        void ofPackage(AppState state) {
            heard.add("package " + state.counter());
        }

        @SyncListener
        @SuppressWarnings("UnusedMethod")
        private void ofPrivate(AppState state) {
            heard.add("private " + state.counter());
        }

        @SyncListener
        public final void ofFinal(AppState state) {
            heard.add("final " + state.counter());
        }
    }

    interface Listening {

        void ofInterface(AppState state);
    }

    @Component
    static class ProxiedByInterface implements Listening {

        private final Heard heard;

        ProxiedByInterface(Heard heard) {
            this.heard = heard;
        }

        @Override
        @SyncListener
        public void ofInterface(AppState state) {
            heard.add("interface " + state.counter());
        }

        @SyncListener
        void ofClass(AppState state) {
            heard.add("class " + state.counter());
        }
    }

    static class Intercepted {

        private final List<String> names = new CopyOnWriteArrayList<>();
    }

    /** Puts an aspect around the beans above, as an auto-proxy creator would. */
    @Configuration(proxyBeanMethods = false)
    static class Proxies {

        @Bean
        static Intercepted intercepted() {
            return new Intercepted();
        }

        @Bean
        static BeanPostProcessor proxying(Intercepted intercepted) {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String beanName) {
                    if (!(bean instanceof Proxied || bean instanceof ProxiedByInterface)) {
                        return bean;
                    }
                    ProxyFactory factory = new ProxyFactory(bean);
                    factory.setProxyTargetClass(bean instanceof Proxied);
                    factory.addAdvice((MethodInterceptor) invocation -> {
                        intercepted.names.add(invocation.getMethod().getName());
                        return invocation.proceed();
                    });
                    return factory.getProxy();
                }
            };
        }
    }
}
