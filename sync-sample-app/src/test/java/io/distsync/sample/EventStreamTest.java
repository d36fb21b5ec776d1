package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.sample.EventClient.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;

@ExtendWith(OutputCaptureExtension.class)
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"sample.max-streams=3", "sample.heartbeat=100ms"})
class EventStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @LocalServerPort
    private int port;

    private Api api;

    @BeforeEach
    void startFromZero() {
        api = new Api(port);
        api.put(0, "");
    }

    /** Which also shows that no test leaves a place taken: a stream whose client is gone was cleaned up. */
    @AfterEach
    void everyStreamIsGivenBackInSilence(CapturedOutput output) {
        awaitOpenStreams(0);
        assertThat(output).doesNotContain("Exception");
    }

    @Test
    void firstEventIsThePresentState() throws Exception {
        long version = api.put(5, "five").version();
        try (EventClient client = api.events()) {
            assertThat(client.status()).isEqualTo(200);
            assertThat(client.header("Content-Type")).startsWith("text/event-stream");
            assertThat(client.header("Cache-Control")).contains("no-store");

            Event first = client.next();

            assertThat(first.name()).isEqualTo("snapshot");
            assertThat(first.json()).isEqualTo(api.get("/api/state").json());
            assertThat(first.id()).isEqualTo(first.json().at("/epoch").asLong() + "-" + version);
        }
    }

    @Test
    void firstEventTellsOfAnAbsentStateToo() throws Exception {
        api.delete("/api/state");
        try (EventClient client = api.events()) {
            Event first = client.next();

            assertThat(first.name()).isEqualTo("snapshot");
            assertThat(first.json().at("/present").asBoolean()).isFalse();
        }
    }

    @Test
    void everyChangeIsOneEventWithItsVersionInOrder() throws Exception {
        try (EventClient client = api.events()) {
            long start = client.next().version();

            api.post("/api/state/burst?n=500");
            api.put(7, "sent");
            api.delete("/api/state");

            List<Event> events = take(client, 502);
            assertThat(events).extracting(Event::name).containsOnly("change");
            assertThat(events)
                    .extracting(Event::version)
                    .containsExactlyElementsOf(LongStream.rangeClosed(start + 1, start + 502)
                            .boxed()
                            .toList());
            assertThat(events.subList(0, 500))
                    .extracting(Event::counter)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, 500).boxed().toList());
            assertThat(events.get(500).json().at("/value/note").asString()).isEqualTo("sent");
            assertThat(events.get(501).json().at("/present").asBoolean()).isFalse();
        }
    }

    @Test
    void clientsThatJoinWhileChangesGoOnMissNothingAfterTheirSnapshot() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            while (!enough.get()) {
                api.post("/api/state/increment");
            }
        });
        writer.start();
        try {
            for (int round = 0; round < 10; round++) {
                try (EventClient client = api.events()) {
                    List<Event> events = take(client, 5);
                    long start = events.get(0).version();
                    assertThat(events)
                            .extracting(Event::version)
                            .containsExactly(start, start + 1, start + 2, start + 3, start + 4);
                }
                awaitOpenStreams(0);
            }
        } finally {
            enough.set(true);
            writer.join();
        }
    }

    @Test
    void nodesAreToldAfterTheStateAndOnlyIfTheyAreOthers() throws Exception {
        try (EventClient client = api.events()) {
            Event first = client.nextNodes();
            assertThat(first.id()).isEmpty();

            api.post("/api/lock/hold?seconds=1");

            List<String> states = new ArrayList<>();
            while (!states.contains("RELEASED")) {
                states.add(client.nextNodes().json().at("/nodes/0/lock/state").asString(""));
            }
            assertThat(states).contains("HELD").containsOnlyOnce("RELEASED");
        }
    }

    @Test
    void silentStreamsCarryHeartbeats() throws Exception {
        try (EventClient client = api.events()) {
            await().atMost(PATIENCE).until(() -> client.comments() >= 3);
        }
    }

    @Test
    void streamsAreBoundedAndTheNextOneIsToldToComeLater() throws Exception {
        try (EventClient a = api.events();
                EventClient b = api.events();
                EventClient c = api.events()) {
            assertThat(List.of(a.status(), b.status(), c.status())).containsOnly(200);
            a.next();

            Api.Answer refused = api.call("GET", "/api/events", null, "Accept", "text/event-stream");

            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(refused.header("Retry-After")).isEqualTo("1");

            a.disconnect();
            awaitOpenStreams(2);
            try (EventClient next = api.events()) {
                assertThat(next.status()).isEqualTo(200);
            }
        }
    }

    @Test
    void clientsThatVanishInTheMiddleAreCleanedUp() throws Exception {
        for (int round = 0; round < 5; round++) {
            try (Socket gone = openWithoutReading();
                    EventClient quick = api.events()) {
                awaitOpenStreams(2);
                quick.next();
                gone.setSoLinger(true, 0); // a reset instead of an orderly end
                Thread burst = new Thread(() -> api.post("/api/state/burst?n=500"));
                burst.start();
                quick.next();
                reset(gone);
                burst.join();
                take(quick, 499);
            }
            awaitOpenStreams(0);
        }
    }

    @Test
    void clientThatDoesNotReadDelaysNobody() throws Exception {
        api.put(0, "€".repeat(1_000));
        try (Socket slow = openWithoutReading();
                EventClient quick = api.events()) {
            awaitOpenStreams(2);
            long version = quick.next().version();
            // 6,000 events of 3 kB: far more than fits between the node and a client that does not read.
            for (int round = 0; round < 12; round++) {
                api.post("/api/state/burst?n=500");
                List<Event> events = take(quick, 500);
                assertThat(events)
                        .extracting(Event::version)
                        .containsExactlyElementsOf(LongStream.rangeClosed(version + 1, version + 500)
                                .boxed()
                                .toList());
                version += 500;
            }
            assertGapsAreAnnounced(slow, version);
        }
    }

    /** Once it reads, the slow client finds every hole announced by a reset, up to the last version or the end. */
    private static void assertGapsAreAnnounced(Socket slow, long last) throws IOException {
        slow.setSoTimeout((int) PATIENCE.toMillis());
        BufferedReader lines = new BufferedReader(new InputStreamReader(slow.getInputStream(), StandardCharsets.UTF_8));
        Event event = Event.NONE;
        long version = -1;
        boolean reset = false;
        for (String line = readLine(lines); line != null && version != last; line = readLine(lines)) {
            if (line.startsWith("id:") || line.startsWith("event:") || line.startsWith("data:{")) {
                event = event.with(line);
            } else if (line.isEmpty() && event.name().equals("nodes")) {
                event = Event.NONE;
            } else if (line.isEmpty() && !event.data().isEmpty()) {
                if (event.name().equals("change")) {
                    assertThat(event.version()).isEqualTo(version + 1);
                }
                reset |= event.name().equals("reset");
                version = event.version();
                event = Event.NONE;
            }
        }
        assertThat(reset || version < last)
                .as("the slow client really was slow: told of a reset, or cut off")
                .isTrue();
    }

    private static @Nullable String readLine(BufferedReader lines) {
        try {
            return lines.readLine();
        } catch (IOException e) {
            return null; // cut off
        }
    }

    private Socket openWithoutReading() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4_096);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.getOutputStream()
                .write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static void reset(Socket socket) throws IOException {
        socket.close();
    }

    private void awaitOpenStreams(int count) {
        await().atMost(PATIENCE).until(() -> openStreams() == count);
    }

    private double openStreams() {
        return api.get("/actuator/metrics/sample.event.streams")
                .json()
                .at("/measurements/0/value")
                .asDouble();
    }

    private static List<Event> take(EventClient client, int count) throws InterruptedException {
        List<Event> events = new ArrayList<>(count);
        while (events.size() < count) {
            events.add(client.next());
        }
        return events;
    }
}
