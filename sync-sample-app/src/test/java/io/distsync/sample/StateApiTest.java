package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.sample.Api.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "sample.node=tester")
class StateApiTest {

    @LocalServerPort
    private int port;

    private Api api;

    @BeforeEach
    void startFromZero() {
        api = new Api(port);
        api.put(0, "");
    }

    @Test
    void stateTellsValueVersionStatusAndNode() {
        Answer sent = api.put(7, "seven");

        Answer state = api.get("/api/state");

        assertThat(state.status()).isEqualTo(200);
        assertThat(state.header("Content-Type")).isEqualTo("application/json");
        assertThat(state.json().propertyNames())
                .containsExactlyInAnyOrder("topic", "value", "present", "version", "epoch", "status", "node");
        assertThat(state.json().at("/topic").asString()).isEqualTo("app_state");
        assertThat(state.json().at("/value")).isEqualTo(Api.JSON.readTree("{\"counter\":7,\"note\":\"seven\"}"));
        assertThat(state.json().at("/present").asBoolean()).isTrue();
        assertThat(state.version()).isEqualTo(sent.version());
        assertThat(state.json().at("/epoch").asLong()).isPositive();
        assertThat(state.json().at("/status").asString()).isEqualTo("CURRENT");
        assertThat(state.json().at("/node").asString()).isEqualTo("tester");
    }

    @Test
    void incrementAddsOneUnlessToldOtherwise() {
        Answer one = api.post("/api/state/increment");
        Answer five = api.post("/api/state/increment?by=5");

        assertThat(one.status()).isEqualTo(200);
        assertThat(one.counter()).isEqualTo(1);
        assertThat(five.counter()).isEqualTo(6);
        assertThat(five.version()).isEqualTo(one.version() + 1);
        assertThat(api.get("/api/state").json()).isEqualTo(five.json());
    }

    @Test
    void incrementKeepsTheNote() {
        api.put(1, "keep me");

        assertThat(api.post("/api/state/increment").json().at("/value/note").asString())
                .isEqualTo("keep me");
    }

    @Test
    void sendReplacesTheState() {
        Answer sent = api.put(-42, "ünïcode 🚀 \u2028 </script>");

        assertThat(sent.status()).isEqualTo(200);
        assertThat(sent.counter()).isEqualTo(-42);
        assertThat(api.get("/api/state").json().at("/value/note").asString()).isEqualTo("ünïcode 🚀 \u2028 </script>");
    }

    @Test
    void noteMayBeLeftOut() {
        assertThat(api.put("{\"counter\":3}").json().at("/value/note").asString())
                .isEmpty();
    }

    @Test
    void deleteSaysWhetherThereWasSomething() {
        long before = api.get("/api/state").version();

        Answer first = api.delete("/api/state");
        Answer second = api.delete("/api/state");

        assertThat(first.status()).isEqualTo(200);
        assertThat(first.json().at("/deleted").asBoolean()).isTrue();
        assertThat(second.json().at("/deleted").asBoolean()).isFalse();
        Answer state = api.get("/api/state");
        assertThat(state.json().at("/present").asBoolean()).isFalse();
        assertThat(state.counter()).isZero();
        assertThat(state.version()).isEqualTo(before + 1);
    }

    @Test
    void incrementAfterDeleteStartsFromTheInitialValueWithALaterVersion() {
        api.put(99, "gone soon");
        long deleted = api.delete("/api/state").json().at("/state/version").asLong();

        Answer state = api.post("/api/state/increment");

        assertThat(state.counter()).isEqualTo(1);
        assertThat(state.json().at("/value/note").asString()).isEmpty();
        assertThat(state.version()).isEqualTo(deleted + 1);
    }

    @Test
    void concurrentIncrementsAddUp() throws Exception {
        int clients = 8;
        long each = 50;
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        CountDownLatch start = new CountDownLatch(1);
        try {
            List<Future<List<Long>>> running = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                running.add(threads.submit(() -> {
                    start.await();
                    return LongStream.range(0, each)
                            .mapToObj(n -> api.post("/api/state/increment").version())
                            .toList();
                }));
            }
            start.countDown();
            List<Long> versions = new ArrayList<>();
            for (Future<List<Long>> client : running) {
                versions.addAll(client.get(60, TimeUnit.SECONDS));
            }
            assertThat(versions).hasSize(400).doesNotHaveDuplicates();
        } finally {
            threads.shutdownNow();
        }
        assertThat(api.get("/api/state").counter()).isEqualTo(400);
    }

    @Test
    void burstIsExactAndEachIncrementHasItsRevision() {
        long before = api.get("/api/state").version();

        Answer burst = api.post("/api/state/burst");

        assertThat(burst.status()).isEqualTo(200);
        assertThat(burst.json().at("/increments").asInt()).isEqualTo(500);
        assertThat(burst.json().at("/threads").asInt()).isEqualTo(50);
        assertThat(burst.revisions())
                .containsExactly(
                        LongStream.rangeClosed(before + 1, before + 500).toArray());
        assertThat(burst.json().at("/micros").asDouble())
                .isGreaterThanOrEqualTo(burst.json().at("/slowestMicros").asDouble());
        assertThat(api.get("/api/state").counter()).isEqualTo(500);
    }

    @Test
    void changesListWhatTheListenerHeardNewestFirst() {
        long first = api.post("/api/state/increment").version();
        long second = api.delete("/api/state").json().at("/state/version").asLong();

        await().untilAsserted(() -> {
            JsonNode changes = api.get("/api/changes").json();
            assertThat(changes.at("/0/state/version").asLong()).isEqualTo(second);
            assertThat(changes.at("/0/state/present").asBoolean()).isFalse();
            assertThat(changes.at("/0/at").asString()).startsWith("20");
            assertThat(changes.at("/1/state/version").asLong()).isEqualTo(first);
        });
    }

    @Test
    void answersToChangesTellTheTimeOnTheNode() {
        assertThat(api.post("/api/state/increment").header("Server-Timing")).matches("increment;dur=\\d+\\.\\d{3}");
        assertThat(api.put(1, "").header("Server-Timing")).matches("send;dur=\\d+\\.\\d{3}");
    }

    @Nested
    class WhatIsRefused {

        @ParameterizedTest
        @ValueSource(strings = {"-1", "0", "1000001", "-9223372036854775808"})
        void incrementOutOfRange(String by) {
            Answer answer = api.post("/api/state/increment?by=" + by);

            assertProblem(answer, 400);
            assertThat(fieldsOf(answer)).containsExactly("by");
            assertUnchanged();
        }

        @ParameterizedTest
        @ValueSource(strings = {"9223372036854775808", "1.5", "abc", "1e3", "%20", "null"})
        void incrementThatIsNoLong(String by) {
            assertProblem(api.post("/api/state/increment?by=" + by), 400);
            assertUnchanged();
        }

        @ParameterizedTest
        @ValueSource(strings = {"0", "-5", "1001", "x"})
        void burstOutOfRange(String n) {
            assertProblem(api.post("/api/state/burst?n=" + n), 400);
            assertUnchanged();
        }

        @Test
        void overflow() {
            api.put(Long.MAX_VALUE - 1, "brim");

            assertThat(api.post("/api/state/increment").counter()).isEqualTo(Long.MAX_VALUE);
            Answer answer = api.post("/api/state/increment");

            assertProblem(answer, 409);
            assertThat(answer.json().at("/outcome").asString()).isEqualTo("not-applied");
            assertThat(answer.json().at("/detail").asString()).contains(Long.toString(Long.MAX_VALUE));
            assertThat(api.get("/api/state").counter()).isEqualTo(Long.MAX_VALUE);
        }

        @Test
        void burstThatOverflowsSaysHowManyWereApplied() {
            api.put(Long.MAX_VALUE - 10, "brim");

            Answer answer = api.post("/api/state/burst?n=100");

            assertProblem(answer, 409);
            assertThat(answer.json().at("/applied").asInt()).isEqualTo(10);
            assertThat(answer.json().at("/requested").asInt()).isEqualTo(100);
            assertThat(api.get("/api/state").counter()).isEqualTo(Long.MAX_VALUE);
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "null", "{bad", "[]", "5", "\"text\"", "{\"counter\":1} trailing"})
        void bodyThatIsNoState(String body) {
            Answer answer = api.put(body);

            assertProblem(answer, 400);
            assertThat(answer.json().at("/detail").asString()).contains("{\"counter\": 1, \"note\": \"text\"}");
            assertUnchanged();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{}",
                    "{\"note\":\"x\"}",
                    "{\"counter\":null}",
                    "{\"counter\":1.5}",
                    "{\"counter\":\"5\"}",
                    "{\"counter\":true}",
                    "{\"counter\":9223372036854775808}",
                    "{\"counter\":{}}"
                })
        void counterThatIsNoLong(String body) {
            Answer answer = api.put(body);

            assertProblem(answer, 400);
            assertThat(fieldsOf(answer)).containsExactly("counter");
            assertUnchanged();
        }

        @Test
        void noteThatIsTooLong() {
            assertThat(api.put(1, "x".repeat(1_000)).status()).isEqualTo(200);

            Answer answer = api.put(2, "x".repeat(1_001));

            assertProblem(answer, 400);
            assertThat(fieldsOf(answer)).containsExactly("note");
            assertThat(api.get("/api/state").counter()).isEqualTo(1);
        }

        @ParameterizedTest
        @ValueSource(strings = {"\\ud800", "a\\udc00b", "\\udc00\\ud800"})
        void noteThatNoClientCouldBeSent(String escaped) {
            Answer answer = api.put("{\"counter\":1,\"note\":\"" + escaped + "\"}");

            assertProblem(answer, 400);
            assertThat(fieldsOf(answer)).containsExactly("note");
            assertUnchanged();
        }

        @Test
        void bodyThatIsTooLarge() {
            assertProblem(api.put(1, "x".repeat(200_000)), 400);
            assertUnchanged();
        }

        @Test
        void bodyOfAnotherType() {
            assertProblem(api.call("PUT", "/api/state", "{\"counter\":1}", "Content-Type", "text/plain"), 415);
            assertUnchanged();
        }

        @Test
        void unknownPath() {
            assertProblem(api.get("/api/nothing"), 404);
            assertProblem(api.call("GET", "/nothing", null, "Accept", "text/html"), 404);
        }

        @Test
        void unknownMethod() {
            Answer answer = api.call("PATCH", "/api/state", "{}", "Content-Type", "application/json");

            assertProblem(answer, 405);
            assertThat(answer.header("Allow")).contains("GET", "PUT", "DELETE");
        }

        @Test
        void changeThatAnotherSiteMakes() {
            assertProblem(api.call("POST", "/api/state/increment", null, "Sec-Fetch-Site", "cross-site"), 403);
            assertUnchanged();
        }

        private void assertUnchanged() {
            assertThat(api.get("/api/state").json().at("/value"))
                    .isEqualTo(Api.JSON.readTree("{\"counter\":0,\"note\":\"\"}"));
        }

        private static List<String> fieldsOf(Answer answer) {
            return StreamSupport.stream(answer.json().at("/errors").spliterator(), false)
                    .map(error -> error.at("/field").asString())
                    .toList();
        }
    }

    private static void assertProblem(Answer answer, int status) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().at("/status").asInt()).isEqualTo(status);
        assertThat(answer.json().at("/title").asString()).isNotEmpty();
        assertThat(answer.json().at("/detail").asString()).isNotEmpty();
        assertThat(answer.json().at("/instance").asString()).startsWith("/");
    }
}
