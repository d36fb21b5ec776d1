package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.SyncService;
import io.distsync.boot.SyncListener;
import io.distsync.boot.SyncListenerRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;

class LifecycleTest {

    private static final Duration BOUND = Duration.ofSeconds(20);

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(SyncAutoConfiguration.class, SyncListenerAutoConfiguration.class))
            .withBean("listening", Listening.class);

    @Test
    void restartedContextTellsThePresentStateAndGoesOn() {
        runner.run(context -> {
            SyncService service = context.getBean(SyncService.class);
            Listening listening = context.getBean(Listening.class);
            service.send(AppState.class, new AppState(1, ""));
            assertThat(listening.next()).isEqualTo(1);

            context.stop();
            assertThat(context.getBean(SyncListenerRegistry.class).isRunning("listening.listen"))
                    .isFalse();
            service.send(AppState.class, new AppState(2, ""));
            service.send(AppState.class, new AppState(3, ""));
            context.start();

            assertThat(listening.next()).isEqualTo(3);
            service.send(AppState.class, new AppState(4, ""));
            assertThat(listening.next()).isEqualTo(4);
        });
    }

    @Test
    void contextsInOneJvmDoNotShareAnything() {
        runner.run(one -> runner.run(two -> {
            one.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
            two.getBean(SyncService.class).send(AppState.class, new AppState(2, ""));
            assertThat(one.getBean(Listening.class).next()).isEqualTo(1);
            assertThat(two.getBean(Listening.class).next()).isEqualTo(2);
            two.close();
            one.getBean(SyncService.class).send(AppState.class, new AppState(3, ""));
            assertThat(one.getBean(Listening.class).next()).isEqualTo(3);
            assertThat(two.getBeanFactory().getSingletonCount()).isZero();
        }));
        LibraryThreads.awaitNone();
    }

    @Test
    void listenersStartBeforeAndStopAfterTheWebServer() {
        List<Boolean> running = new ArrayList<>();
        runner.withBean(WebServer.class, () -> new WebServer(running)).run(context -> {
            SyncListenerRegistry registry = context.getBean(SyncListenerRegistry.class);
            WebServer server = context.getBean(WebServer.class);
            server.observe(registry);
            context.stop();
            context.start();
            assertThat(running).containsExactly(true, true);
        });
    }

    @Test
    void stopWaitsForACallUnderWay() {
        runner.withBean("slow", Slow.class).run(context -> {
            Slow slow = context.getBean(Slow.class);
            context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
            assertThat(slow.entered.await(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
            Thread stopping = new Thread(context::stop);
            stopping.start();
            await().atMost(BOUND)
                    .until(() -> !context.getBean(SyncListenerRegistry.class).isRunning("slow.listen"));
            assertThat(slow.left).isFalse();
            slow.leave.countDown();
            stopping.join(BOUND.toMillis());
            assertThat(stopping.isAlive()).isFalse();
            assertThat(slow.left).isTrue();
        });
    }

    @Test
    void listenerThatNeverReturnsDoesNotHoldUpTheShutdownForEver() {
        runner.withBean("slow", Slow.class)
                .withConfiguration(AutoConfigurations.of(LifecycleAutoConfiguration.class))
                .withPropertyValues("sync.shutdown-grace=100ms", "spring.lifecycle.timeout-per-shutdown-phase=100ms")
                .run(context -> {
                    Slow slow = context.getBean(Slow.class);
                    context.getBean(SyncService.class).send(AppState.class, new AppState(1, ""));
                    assertThat(slow.entered.await(BOUND.toSeconds(), TimeUnit.SECONDS))
                            .isTrue();
                    context.close();
                    assertThat(slow.left).isFalse();
                    slow.leave.countDown();
                });
        LibraryThreads.awaitNone();
    }

    static class Listening {

        private final BlockingQueue<Long> heard = new LinkedBlockingQueue<>();

        @SyncListener
        void listen(AppState state) {
            heard.add(state.counter());
        }

        long next() throws InterruptedException {
            Long next = heard.poll(BOUND.toSeconds(), TimeUnit.SECONDS);
            assertThat(next).as("a delivery").isNotNull();
            return next == null ? -1 : next;
        }
    }

    static class Slow {

        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch leave = new CountDownLatch(1);
        private volatile boolean left;

        @SyncListener
        void listen(AppState state) throws InterruptedException {
            entered.countDown();
            leave.await();
            left = true;
        }
    }

    /** In the phase of Spring Boot's web server. */
    private static final class WebServer implements SmartLifecycle {

        private final List<Boolean> listenersRunning;
        private final List<SyncListenerRegistry> registry = new ArrayList<>();
        private volatile boolean running;

        WebServer(List<Boolean> listenersRunning) {
            this.listenersRunning = listenersRunning;
        }

        void observe(SyncListenerRegistry it) {
            registry.add(it);
        }

        @Override
        public void start() {
            running = true;
            look();
        }

        @Override
        public void stop() {
            look();
            running = false;
        }

        private void look() {
            registry.forEach(it -> listenersRunning.add(it.isRunning("listening.listen")));
        }

        @Override
        public boolean isRunning() {
            return running;
        }

        @Override
        public int getPhase() {
            return SmartLifecycle.DEFAULT_PHASE - 2048;
        }
    }
}
