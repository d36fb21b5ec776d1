package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;

/**
 * Requests no browser sends, byte by byte: each is answered or refused, none is an error of the node, and none writes lines of its own
 * into the log or into an answer.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ExtendWith(OutputCaptureExtension.class)
class HostileRequestTest {

    private static final String FORGED = "FORGED";
    private static final int MEGABYTE = 1 << 20;

    @LocalServerPort
    private int port;

    @AfterEach
    void nodeIsWellAndItsLogIsItsOwn(CapturedOutput output) throws IOException {
        assertThat(send("GET /api/state HTTP/1.1", "").status()).isEqualTo(200);
        assertThat(output.getAll().lines()).noneMatch(line -> line.startsWith(FORGED));
        assertThat(output.getAll()).doesNotContain("Request failed");
    }

    static Stream<String> targets() {
        return Stream.of(
                "/actuator/sync?limit=-1",
                "/actuator/sync?limit=-9223372036854775809",
                "/actuator/sync?limit=99999999999999999999",
                "/actuator/sync?limit=many",
                "/actuator/sync?limit=1e9",
                "/actuator/sync?limit=%00",
                "/actuator/sync?limit=1&limit=2",
                "/actuator/sync?limit=",
                "/actuator/sync?prefix=%0d%0aFORGED",
                "/actuator/sync?prefix=%ff%fe",
                "/actuator/sync?prefix=%",
                "/actuator/sync?prefix=<script>alert(1)</script>",
                "/actuator/sync?prefix=%3Cscript%3Ealert(1)%3C/script%3E",
                "/actuator/sync?unknown=1",
                "/actuator/sync/nobody",
                "/actuator/sync/a%2Fb",
                "/actuator/sync/..%2f..%2fenv",
                "/actuator/sync/%2e%2e/env",
                "/actuator/sync/../env",
                "/actuator/sync/a/../../env",
                "/actuator/sync/%00",
                "/actuator/sync/%0d%0aFORGED",
                "/actuator/sync/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
                "/actuator/sync/app_state/",
                "/actuator/sync//",
                "/actuator/sync/;a=b",
                "/actuator/sync/" + "a/".repeat(500),
                "/actuator/sync/" + "a".repeat(4_000),
                "/actuator/sync/%F0%9F%92%A5",
                "/actuator/health/%2e%2e",
                "/actuator/health/%0aFORGED",
                "/actuator/metrics/sync.updates?tag=",
                "/actuator/metrics/sync.updates?tag=%0d%0aFORGED",
                "/api/state;FORGED",
                "/api/./state",
                "/api/%2e/state",
                "//api/state",
                "/api/state/%0d%0aSet-Cookie:%20FORGED=1",
                "/..%5c..%5capplication.yaml",
                "/%2e%2e/application.yaml",
                "/app.js/../../application.yaml",
                "/application.yaml",
                "/app.js%00.css",
                "/error",
                "/error?message=FORGED",
                "*",
                "http://elsewhere.example/api/state");
    }

    @ParameterizedTest
    @MethodSource("targets")
    void strangeTargetIsAnsweredOrRefused(String target) throws IOException {
        assertHarmless(send("GET " + target + " HTTP/1.1", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"prefix=", "limit=", "by="})
    void queryOfAMegabyteIsRefused(String name) throws IOException {
        Answer answer = send("GET /actuator/sync?" + name + "x".repeat(MEGABYTE) + " HTTP/1.1", "");

        assertThat(answer.status()).isBetween(400, 499);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "by=%0d%0aFORGED",
                "by=%00",
                "by=",
                "by=1&by=2",
                "by=0x7fffffffffffffff",
                "by=-0",
                "by=1%20",
                "by=9223372036854775807",
                "by=%3Cscript%3E"
            })
    void strangeNumberIsAnsweredOrRefused(String query) throws IOException {
        assertHarmless(send("POST /api/state/increment?" + query + " HTTP/1.1", ""));
        assertHarmless(send("POST /api/state/burst?n" + query.substring(2) + " HTTP/1.1", ""));
        assertHarmless(send("POST /api/lock/hold?seconds" + query.substring(2) + " HTTP/1.1", ""));
        assertHarmless(send("POST /api/guarded/write?token" + query.substring(2) + " HTTP/1.1", ""));
    }

    static Stream<String> bodies() {
        return Stream.of(
                "[".repeat(50_000),
                "{\"counter\":".repeat(5_000),
                "{\"counter\":" + "9".repeat(10_000) + "}",
                "{\"counter\":1e999999999}",
                "{\"counter\":1,\"note\":{\"a\":{\"b\":[]}}}",
                "{\"counter\":1,\"note\":\"" + "x".repeat(70_000) + "\"}",
                "{\"" + "k".repeat(60_000) + "\":1}",
                "{\"counter\":1,\"note\":\"\u0000\"}",
                "{\"counter\":1,\"\\r\\nFORGED\":1,\"note\":5}",
                "{\"<script>\":1}",
                "{\"@class\":\"java.net.URL\",\"counter\":1}",
                "\u00ff\u00fe\u00fd",
                "\u0000",
                "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>");
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void strangeBodyIsAnsweredOrRefused(String body) throws IOException {
        assertHarmless(send("PUT /api/state HTTP/1.1", body, "Content-Type: application/json"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Type: application/json;charset=nonsense",
                "Content-Type: application/json;charset=utf-7",
                "Content-Type: ///",
                "Content-Type: <script>",
                "Content-Type: multipart/form-data",
                "Content-Type: application/x-www-form-urlencoded",
                "Content-Type:",
                "Accept: ///",
                "Accept: text/html;q=nonsense",
                "Accept: application/xml",
                "Accept-Language: <script>",
                "Sec-Fetch-Site: nonsense",
                "Origin: http://elsewhere.example",
                "X-Forwarded-For: FORGED",
                "X-HTTP-Method-Override: DELETE",
                "Range: bytes=0-99999999999999999999",
                "If-Modified-Since: nonsense",
                "Cookie: a=\"b",
                "Expect: nonsense"
            })
    void strangeHeaderIsAnsweredOrRefused(String header) throws IOException {
        assertHarmless(send("PUT /api/state HTTP/1.1", "{\"counter\":1}", header));
        assertHarmless(send("GET /actuator/sync HTTP/1.1", "", header));
        assertHarmless(send("GET /app.js HTTP/1.1", "", header));
        assertHarmless(send("GET /nothing HTTP/1.1", "", header));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "PATCH", "PROPFIND", "FORGED", "get", "DELETE", "PUT"})
    void strangeMethodIsAnsweredOrRefused(String method) throws IOException {
        assertHarmless(send(method + " /actuator/sync HTTP/1.1", ""));
        assertHarmless(send(method + " /app.js HTTP/1.1", ""));
        assertHarmless(send(method + " /api/events HTTP/1.1", ""));
    }

    @Test
    void randomTargetsAreAnsweredOrRefused() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String[] roots = {"/actuator/sync/", "/actuator/sync?prefix=", "/actuator/sync?limit=", "/api/", "/"};
        for (int i = 0; i < 300; i++) {
            StringBuilder target = new StringBuilder(roots[random.nextInt(roots.length)]);
            int length = 1 + random.nextInt(40);
            for (int at = 0; at < length; at++) {
                target.append(
                        random.nextInt(4) == 0
                                ? "%%%02x".formatted(random.nextInt(256))
                                : String.valueOf((char) (33 + random.nextInt(223))));
            }
            Answer answer = send("GET " + target + " HTTP/1.1", "");
            assertThat(answer.status()).as("seed %d: %s", seed, target).isBetween(200, 499);
        }
    }

    /** What got as far as the application is refused as a problem; what did not is refused by the server, without a word of it. */
    private static void assertHarmless(Answer answer) {
        assertThat(answer.status()).as(answer.text()).isBetween(200, 499);
        assertThat(answer.head().toLowerCase(Locale.ROOT)).doesNotContain("set-cookie");
        assertThat(answer.head()).doesNotContain(FORGED);
        assertThat(answer.text())
                .doesNotContain("<script>alert")
                .doesNotContain("Exception")
                .doesNotContain("\tat ");
        if (answer.status() >= 400
                && answer.head().contains("Content-Security-Policy")
                && !answer.text().isEmpty()) {
            assertThat(answer.head()).contains("application/problem+json");
        }
    }

    private Answer send(String line, String body, String... headers) throws IOException {
        StringBuilder request = new StringBuilder(line).append("\r\nHost: localhost\r\nConnection: close\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        request.append("Content-Length: ").append(bytes.length).append("\r\n\r\n");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            try {
                socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().write(bytes);
            } catch (IOException e) {
                // refused before all of it was read; the answer says so
            }
            return Answer.of(read(socket.getInputStream()));
        }
    }

    /** What came until the end, or until the connection was reset. */
    private static String read(InputStream in) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try {
            in.transferTo(answer);
        } catch (IOException e) {
            // the server does not read the rest of what it refuses
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    private record Answer(int status, String head, String text) {

        static Answer of(String all) {
            int end = all.indexOf("\r\n\r\n");
            assertThat(end).as("an answer: %s", all).isPositive();
            return new Answer(Integer.parseInt(all.substring(9, 12)), all.substring(0, end), all.substring(end + 4));
        }
    }
}
