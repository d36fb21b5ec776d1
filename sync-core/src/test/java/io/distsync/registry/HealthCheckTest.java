package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.distsync.NothingLeftBehind;
import io.distsync.SyncService;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.lease.Callbacks;
import io.distsync.time.VirtualTime;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Checks of real sockets, and when the verdict is given. */
@Timeout(60)
class HealthCheckTest {

    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @RegisterExtension
    final NothingLeftBehind nothingLeftBehind = new NothingLeftBehind();

    private static ServiceInstance at(int port) {
        return ServiceInstance.of("orders", LOOPBACK.getHostAddress(), port);
    }

    private static boolean healthy(HealthCheck check, int port) {
        return healthy(check, port, BOUND);
    }

    private static boolean healthy(HealthCheck check, int port, Duration timeout) {
        try {
            CompletionStage<?> answer = check.check(at(port), timeout);
            return answer.handle((any, failure) -> failure == null)
                    .toCompletableFuture()
                    .join();
        } catch (Exception e) {
            return false;
        }
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    // --- TCP --------------------------------------------------------------------------------------------------------

    @Test
    void tcpAsksWhetherThePortTakesConnections() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 10, LOOPBACK)) {
            assertThat(healthy(HealthCheck.tcp(), socket.getLocalPort())).isTrue();
        }
        assertThat(healthy(HealthCheck.tcp(), unusedPort())).isFalse();
    }

    // --- HTTP -------------------------------------------------------------------------------------------------------

    @Test
    void httpExpectsASuccessAndFollowsNothing() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(LOOPBACK, 0), 0);
        ExecutorService threads = Executors.newSingleThreadExecutor();
        server.setExecutor(threads);
        AtomicInteger reached = new AtomicInteger();
        answer(server, "/ok", 200);
        answer(server, "/empty", 204);
        answer(server, "/down", 503);
        server.createContext("/moved", exchange -> {
            exchange.getResponseHeaders().add("Location", "/target");
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.createContext("/target", exchange -> {
            reached.incrementAndGet();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        int port = server.getAddress().getPort();
        try {
            assertThat(healthy(HealthCheck.http("/ok"), port)).isTrue();
            assertThat(healthy(HealthCheck.http("/ok?deep=true"), port)).isTrue();
            assertThat(healthy(HealthCheck.http("/empty"), port)).isTrue();
            assertThat(healthy(HealthCheck.http("/down"), port)).isFalse();
            assertThat(healthy(HealthCheck.http("/missing"), port)).isFalse();
            assertThat(healthy(HealthCheck.http("/moved"), port)).isFalse();
            assertThat(reached).hasValue(0);
        } finally {
            server.stop(0);
            threads.shutdownNow();
        }
        assertThat(healthy(HealthCheck.http("/ok"), port)).isFalse();
    }

    private static void answer(HttpServer server, String path, int status) {
        server.createContext(path, exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
    }

    @Test
    void httpDoesNotWaitForTheBody() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        try (ServerSocket socket = new ServerSocket(0, 10, LOOPBACK)) {
            Thread endless = new Thread(() -> {
                try (Socket client = socket.accept();
                        OutputStream out = client.getOutputStream()) {
                    out.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nmore"
                            .getBytes(StandardCharsets.US_ASCII));
                    out.flush();
                    answered.await();
                } catch (IOException | InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            endless.start();
            assertThat(healthy(HealthCheck.http("/"), socket.getLocalPort())).isTrue();
            answered.countDown();
            endless.join();
        }
    }

    @Test
    void httpAsksNamesAndAddresses() {
        HttpHealthCheck check = new HttpHealthCheck("/ok");
        assertThat(check.target(ServiceInstance.of("orders", "a.example", 80))).hasToString("http://a.example:80/ok");
        assertThat(check.target(ServiceInstance.of("orders", "::1", 80))).hasToString("http://[::1]:80/ok");
        assertThat(check.target(ServiceInstance.of("orders", "[::1]", 80))).hasToString("http://[::1]:80/ok");
    }

    @Test
    void hostThatHttpCannotAskIsRefusedBeforeAnythingIsWritten() {
        RegistrationOptions checked = RegistrationOptions.defaults().withHealthCheck(HealthCheck.http("/ok"));
        try (LocalSyncBackend store = LocalSyncBackend.create();
                SyncService service = SyncService.using(store);
                SyncRegistry registry = SyncRegistry.using(service)) {
            for (String host : List.of("my_service", "two words", "[::1")) {
                assertThatThrownBy(() -> registry.register(ServiceInstance.of("orders", host, 80), checked))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(host);
            }
            assertThat(registry.fetch("orders").all()).isEmpty();
        }
    }

    @Test
    void httpGivesUpAfterTheTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, LOOPBACK)) {
            assertThat(healthy(HealthCheck.http("/"), silent.getLocalPort(), Duration.ofMillis(100)))
                    .isFalse();
        }
    }

    // --- again and again --------------------------------------------------------------------------------------------

    private final VirtualTime time = new VirtualTime();
    private final Callbacks callbacks = new Callbacks("distsync-test-callback");
    private final List<Boolean> verdicts = new CopyOnWriteArrayList<>();
    private final HealthCheckOptions options = HealthCheckOptions.defaults()
            .withInterval(Duration.ofSeconds(10))
            .withTimeout(Duration.ofSeconds(2))
            .withThresholds(1, 1);

    private HealthChecker checker(HealthCheck check) {
        return new HealthChecker(check, options, () -> at(1), verdicts::add, time, callbacks);
    }

    private static ConditionFactory eventually() {
        return await().atMost(BOUND).pollInterval(Duration.ofMillis(2));
    }

    @Test
    void checkWithoutAnAnswerFailsAfterTheTimeout() {
        AtomicInteger calls = new AtomicInteger();
        try (callbacks;
                HealthChecker checker = checker((instance, timeout) -> calls.incrementAndGet() == 1
                        ? CompletableFuture.completedFuture(null)
                        : new CompletableFuture<>())) {
            checker.begin();
            eventually().until(() -> verdicts.equals(List.of(true)));
            eventually().until(() -> time.pendingTasks() == 1);
            time.advance(Duration.ofSeconds(10));
            eventually().until(() -> calls.get() == 2);
            time.advance(Duration.ofMillis(1_999));
            assertThat(verdicts).containsExactly(true);
            time.advance(Duration.ofMillis(1));
            eventually().until(() -> verdicts.equals(List.of(true, false)));
        }
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void nextCheckWaitsUntilTheLastHasReturned() {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch gate = new CountDownLatch(1);
        try (callbacks;
                HealthChecker checker = checker((instance, timeout) -> {
                    if (calls.incrementAndGet() == 2) {
                        gate.await();
                    }
                    return CompletableFuture.completedFuture(null);
                })) {
            checker.begin();
            eventually().until(() -> time.pendingTasks() == 1 && calls.get() == 1);
            time.advance(Duration.ofSeconds(10));
            eventually().until(() -> calls.get() == 2);
            time.advance(Duration.ofSeconds(100));
            assertThat(verdicts).containsExactly(true, false);
            assertThat(time.pendingTasks()).isZero();
            gate.countDown();
            eventually().until(() -> time.pendingTasks() == 1);
            time.advance(Duration.ofSeconds(10));
            eventually().until(() -> verdicts.equals(List.of(true, false, true)));
            assertThat(calls).hasValue(3);
        }
    }

    @Test
    void checkThatThrowsHasFailed() {
        AtomicInteger calls = new AtomicInteger();
        try (callbacks;
                HealthChecker checker = checker((instance, timeout) -> {
                    if (calls.incrementAndGet() == 2) {
                        throw new IllegalStateException("by a check");
                    }
                    return CompletableFuture.completedFuture(null);
                })) {
            checker.begin();
            eventually().until(() -> time.pendingTasks() == 1 && verdicts.equals(List.of(true)));
            time.advance(Duration.ofSeconds(10));
            eventually().until(() -> verdicts.equals(List.of(true, false)));
        }
    }
}
