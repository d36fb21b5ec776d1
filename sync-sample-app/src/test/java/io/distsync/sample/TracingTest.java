package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.sample.Api.Answer;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** A request, its trace and its id on the way to another node. */
@ExtendWith(OutputCaptureExtension.class)
class TracingTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void idAndTraceOfARequestAreInTheLogOfEveryNodeThatIsToldOfItsChange(CapturedOutput output) {
        try (RedisServer redis = RedisServer.start(Durability.NONE);
                ConfigurableApplicationContext one =
                        start("--sync.mode=redis", "--spring.data.redis.port=" + redis.port());
                ConfigurableApplicationContext other =
                        start("--sync.mode=redis", "--spring.data.redis.port=" + redis.port())) {
            await().atMost(PATIENCE)
                    .until(() -> apiOf(other).get("/actuator/health").status() == 200
                            && apiOf(other)
                                    .get("/api/state")
                                    .json()
                                    .at("/status")
                                    .asString()
                                    .equals("CURRENT"));
            Answer answer = apiOf(one)
                    .call("POST", "/api/state/increment", null, RequestIdFilter.HEADER, "order-4711", "Accept", "*/*");

            assertThat(answer.header(RequestIdFilter.HEADER)).isEqualTo("order-4711");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(lines(output, " is now ")).hasSize(2));
            String updater = lines(output, "adding 1 to the counter").get(0);
            assertThat(updater).contains("[order-4711]");
            assertThat(lines(output, " is now "))
                    .allSatisfy(line -> assertThat(line).contains("[order-4711]"))
                    .allSatisfy(line -> assertThat(traceOf(line)).isEqualTo(traceOf(updater)))
                    .as("each listener has a span of its own")
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void badIdIsReplaced() {
        try (ConfigurableApplicationContext node = start()) {
            for (String bad : List.of("with blank", "semi;colon", "<script>", "%0d%0aX-Injected: 1", "x".repeat(65))) {
                Answer answer =
                        apiOf(node).call("GET", "/api/state", null, RequestIdFilter.HEADER, bad, "Accept", "*/*");

                assertThat(answer.status()).as(bad).isEqualTo(200);
                assertThat(answer.header(RequestIdFilter.HEADER)).as(bad).matches("[0-9a-f-]{36}");
            }
        }
    }

    private static List<String> lines(CapturedOutput output, String text) {
        return output.getOut().lines().filter(line -> line.contains(text)).toList();
    }

    private static String traceOf(String line) {
        Matcher ids = Pattern.compile("\\[([0-9a-f]{32})-[0-9a-f]{16}]").matcher(line);
        assertThat(ids.find()).as(line).isTrue();
        return ids.group(1);
    }

    private static ConfigurableApplicationContext start(String... settings) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--logging.config=classpath:logback-of-spring-boot.xml",
                "--logging.level.io.distsync.sample=debug"));
        arguments.addAll(List.of(settings));
        return SpringApplication.run(SampleApplication.class, arguments.toArray(String[]::new));
    }

    private static Api apiOf(ConfigurableApplicationContext context) {
        return new Api(
                Integer.parseInt(Objects.requireNonNull(context.getEnvironment().getProperty("local.server.port"))));
    }
}
