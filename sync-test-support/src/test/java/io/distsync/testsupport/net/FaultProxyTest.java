package io.distsync.testsupport.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import io.distsync.testsupport.redis.RespClient;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

    private RedisServer server;
    private FaultProxy proxy;

    @BeforeEach
    void start() {
        server = RedisServer.start(Durability.NONE);
        proxy = FaultProxy.to(server.port());
    }

    @AfterEach
    void stop() {
        proxy.close();
        server.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.equals("fault-proxy-" + proxy.port()));
    }

    @Test
    void carriesBothWays() throws IOException {
        try (RespClient client = new RespClient(proxy.port())) {
            assertThat(client.call("SET", "key", "x".repeat(200_000))).isEqualTo("OK");
            assertThat(client.call("GET", "key")).isEqualTo("x".repeat(200_000));
        }
        assertThat(proxy.faults()).isZero();
    }

    @Test
    void cutEndsOpenConnectionsOnly() throws IOException {
        try (RespClient before = new RespClient(proxy.port())) {
            before.call("PING");
            proxy.cut();

            assertThatThrownBy(() -> before.call("PING")).isInstanceOf(IOException.class);
        }
        assertThat(ping()).isEqualTo("PONG");
        assertThat(proxy.faults()).isOne();
    }

    @Test
    void lostReplyLeavesTheServerChanged() throws IOException {
        try (RespClient client = new RespClient(proxy.port())) {
            client.call("SET", "n", "1");
            proxy.loseReplies(1);

            assertThatThrownBy(() -> client.call("INCR", "n")).isInstanceOf(IOException.class);
        }
        assertThat(server.call("GET", "n")).isEqualTo("2");
    }

    @Test
    void replyIsLostThoughMoreWasAskedBehindIt() throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
            client.setSoTimeout(10_000);
            proxy.loseRepliesTo("BLPOP", 1);
            say(client, "BLPOP list 10");
            awaitClient("cmd=blpop");
            say(client, "PING");
            awaitClient(" qbuf=[1-9].*cmd=blpop");
            server.call("RPUSH", "list", "1");

            assertThatThrownBy(() -> {
                        if (client.getInputStream().read() < 0) {
                            throw new EOFException();
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        assertThat(proxy.faults()).isOne();
    }

    private static void say(Socket client, String command) throws IOException {
        client.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Waits until the server has a client like that. */
    private void awaitClient(String description) throws IOException {
        Pattern pattern = Pattern.compile(description);
        for (int looks = 0; looks < 100_000; looks++) {
            if (pattern.matcher(String.valueOf(server.call("CLIENT", "LIST"))).find()) {
                return;
            }
        }
        throw new AssertionError("no client " + description);
    }

    @Test
    void lostRequestLeavesTheServerAsItWas() throws IOException {
        try (RespClient client = new RespClient(proxy.port())) {
            client.call("SET", "n", "1");
            proxy.loseRequests(1);

            assertThatThrownBy(() -> client.call("INCR", "n")).isInstanceOf(IOException.class);
        }
        assertThat(server.call("GET", "n")).isEqualTo("1");
    }

    @Test
    void whatIsHeldArrivesAfterTheRelease() throws Exception {
        try (RespClient client = new RespClient(proxy.port())) {
            client.call("PING");
            proxy.hold();
            CompletableFuture<Object> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return client.call("PING");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThatThrownBy(() -> answer.get(100, TimeUnit.MILLISECONDS))
                    .isInstanceOf(java.util.concurrent.TimeoutException.class);

            proxy.release();

            assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo("PONG");
        }
    }

    @Test
    void heldRepliesAreThoseToTheQuestion() throws Exception {
        try (RespClient asking = new RespClient(proxy.port());
                RespClient other = new RespClient(proxy.port())) {
            proxy.holdRepliesTo("INCR");
            CompletableFuture<Object> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return asking.call("INCR", "n");
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            for (int looks = 0; looks < 100_000 && server.call("GET", "n") == null; looks++) {
                Thread.onSpinWait();
            }
            assertThat(other.call("GET", "n")).isEqualTo("1");
            assertThat(answer).isNotDone();

            proxy.release();

            assertThat(answer.get(5, TimeUnit.SECONDS)).isEqualTo(1L);
        }
    }

    @Test
    void newTargetIsForNewConnections() throws IOException {
        try (RedisServer second = RedisServer.start(Durability.NONE);
                RespClient before = new RespClient(proxy.port())) {
            before.call("SET", "where", "first");
            second.call("SET", "where", "second");
            proxy.retarget(second.port());

            assertThat(before.call("GET", "where")).isEqualTo("first");
            try (RespClient after = new RespClient(proxy.port())) {
                assertThat(after.call("GET", "where")).isEqualTo("second");
            }
        }
    }

    @Test
    void delayedReplyIsLate() throws IOException {
        try (RespClient client = new RespClient(proxy.port())) {
            client.call("PING");
            proxy.delay(Duration.ofMillis(50));
            long start = System.nanoTime();

            client.call("PING");

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
        }
    }

    @Test
    void refusedConnectionsEndAtOnce() throws IOException {
        proxy.refuse(true);
        assertThatThrownBy(this::ping).isInstanceOf(IOException.class);
        assertThat(proxy.faults()).isOne();

        proxy.refuse(false);
        assertThat(ping()).isEqualTo("PONG");
    }

    private @Nullable Object ping() throws IOException {
        try (RespClient client = new RespClient(proxy.port())) {
            return client.call("PING");
        }
    }
}
