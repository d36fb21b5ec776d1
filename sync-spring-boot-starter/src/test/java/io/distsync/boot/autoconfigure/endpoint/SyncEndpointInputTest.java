package io.distsync.boot.autoconfigure.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.boot.autoconfigure.AppState;
import io.distsync.boot.autoconfigure.WholeApplication;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The endpoint, asked by people who mean it no good. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SyncEndpointInputTest {

    private static final String SECRET = "s3cr3t";
    private static final String DOMAIN = "sync-endpoint-input";
    private static final int LONG = 1_000_000;

    private final MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    private ConfigurableApplicationContext context;
    private ObjectName endpoint;

    @BeforeAll
    void start() throws Exception {
        context = new SpringApplicationBuilder(WholeApplication.class)
                .bannerMode(Banner.Mode.OFF)
                .properties(
                        "server.port=0",
                        "spring.jmx.enabled=true",
                        "management.endpoints.jmx.domain=" + DOMAIN,
                        "management.endpoints.jmx.exposure.include=sync",
                        "management.endpoints.web.exposure.include=sync")
                .run();
        SyncService service = context.getBean(SyncService.class);
        service.send(AppState.class, new AppState(7, SECRET));
        service.send(Topic.of("room/42:a", String.class), SECRET);
        endpoint = new ObjectName(DOMAIN + ":type=Endpoint,name=Sync");
    }

    @AfterAll
    void stop() {
        context.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?limit=0",
                "?limit=-1",
                "?limit=-2147483648",
                "?limit=2147483647",
                "?limit=",
                "?limit=1&limit=2",
                "?prefix=",
                "?prefix=%00",
                "?prefix=%27%3B--&limit=1",
                "?prefix=$%7Bjava.version%7D",
                "?prefix=%23%7BT(java.lang.Runtime).getRuntime()%7D",
                "?prefix=a&prefix=b",
                "?unknown=1",
                "?value=true&showValue=true&showValues=always",
                "/app_state?showValue=true",
                "/app_state;show=always",
            })
    void oddRequestsAreAnsweredWithoutValues(String rest) throws Exception {
        assertThat(get("/actuator/sync" + rest)).startsWith("HTTP/1.1 200");
    }

    @ParameterizedTest
    @MethodSource("badRequests")
    void badRequestsAreRefused(String rest) throws Exception {
        assertThat(get("/actuator/sync" + rest)).startsWith("HTTP/1.1 4");
    }

    static Stream<String> badRequests() {
        return Stream.of(
                "?limit=many",
                "?limit=1.5",
                "?limit=2147483648",
                "?limit=99999999999999999999",
                "?limit=%00",
                "?&&&===",
                "?prefix=%ff%fe",
                "?prefix=%",
                "?prefix=%zz",
                "?prefix=" + "a".repeat(LONG),
                "/nobody",
                "/app_state?name=nobody",
                "/" + "a".repeat(4_000),
                "/" + "a".repeat(LONG),
                "/a".repeat(2_000),
                "/%00",
                "/%ff%fe",
                "/%zz",
                "/%",
                "/%F0%9F%92%A9",
                "/%3Cscript%3Ealert(1)%3C/script%3E",
                "/$%7Bjndi:ldap://127.0.0.1/a%7D",
                "/%23%7BsyncService%7D",
                "/..%2f..%2fenv",
                "/%2e%2e%2f%2e%2e",
                "/..;/env",
                "/../../../etc/passwd",
                "/app_state%00",
                "/app_state%20",
                "/APP_STATE",
                "/app_state/value",
                "/room%2F42:a",
                "/room\\42:a",
                "/<>|{}^`");
    }

    @Test
    void whateverBytesAPathHasItIsNoFault() throws Exception {
        Random random = new Random(42);
        for (int n = 0; n < 100; n++) {
            String name = random.ints(1 + random.nextInt(40), 0, 256)
                    .mapToObj("%%%02x"::formatted)
                    .collect(Collectors.joining());
            assertThat(get("/actuator/sync/" + name)).as(name).startsWith("HTTP/1.1 4");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "TRACE", "NONSENSE", "<>"})
    void othersThanReadsAreRefused(String method) throws Exception {
        assertThat(exchange(method, "/actuator/sync", "*/*")).startsWith("HTTP/1.1 4");
        assertThat(exchange(method, "/actuator/sync/app_state", "*/*")).startsWith("HTTP/1.1 4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/xml", "text/html", "nonsense", "*/nonsense", ";"})
    void otherFormatsAreRefused(String accepted) throws Exception {
        assertThat(exchange("GET", "/actuator/sync/app_state", accepted)).startsWith("HTTP/1.1 4");
    }

    @Test
    void operationsAnswerWithoutValues() throws Exception {
        assertThat(invoke("service", null, null)).contains("app_state").doesNotContain(SECRET);
        assertThat(invoke("service", "room", 1)).contains("room/42:a").doesNotContain("app_state", SECRET);
        assertThat(invoke("service", "", -1)).doesNotContain("app_state", SECRET);
        assertThat(invoke("service")).contains("app_state").doesNotContain(SECRET);
        assertThat(invoke("topic", (Object) new String[] {"room", "42:a"})).doesNotContain(SECRET);
        assertThat(invoke("topic", (Object) new String[] {"nobody"})).isEqualTo("null");
        assertThat(invoke("topic", (Object) new String[] {})).isEqualTo("null");
        assertThat(invoke("topic", (Object) new String[] {null, "\0", "a".repeat(LONG)}))
                .isEqualTo("null");
        assertThat(invoke("topic", "app_state")).contains("******").doesNotContain(SECRET);
    }

    @Test
    void badArgumentsOfOperationsAreRefused() {
        assertThat(Stream.<Object[]>of(
                        new Object[] {"service", "", "many"},
                        new Object[] {"service", "", Long.MAX_VALUE},
                        new Object[] {"service", "", new Object()},
                        new Object[] {"topic", null},
                        new Object[] {"topic"},
                        new Object[] {"topic", "a", "b"},
                        new Object[] {"topic", "app_state", true},
                        new Object[] {"value", "app_state"},
                        new Object[] {"", "app_state"}))
                .allSatisfy(call -> assertThat(catchThrowable(
                                () -> invoke(call[0].toString(), Arrays.copyOfRange(call, 1, call.length))))
                        .isNotNull()
                        .hasMessageNotContaining(SECRET));
    }

    private @Nullable String invoke(String operation, @Nullable Object... arguments) throws Exception {
        String[] types = Arrays.stream(beans.getMBeanInfo(endpoint).getOperations())
                .filter(it -> it.getName().equals(operation))
                .flatMap(it -> Arrays.stream(it.getSignature()))
                .map(it -> it.getType())
                .toArray(String[]::new);
        return String.valueOf(beans.invoke(endpoint, operation, arguments, types));
    }

    private String get(String target) throws IOException {
        return exchange("GET", target, "*/*");
    }

    /** As it is written, because clients repair or refuse what is bad; with what no answer may have. */
    private String exchange(String method, String target, String accepted) throws IOException {
        int port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
        String request = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nAccept: " + accepted
                + "\r\nConnection: close\r\n\r\n";
        try (Socket socket = new Socket("localhost", port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).doesNotContain(SECRET, "Exception", "\tat ");
            return answer;
        }
    }
}
