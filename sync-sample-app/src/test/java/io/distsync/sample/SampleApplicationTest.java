package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.sample.Api.Answer;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

class SampleApplicationTest {

    @Test
    void nodesHaveNamesOfTheirOwn() {
        SampleProperties one = properties("", 10, Duration.ofSeconds(1));
        SampleProperties other = properties(" ", 10, Duration.ofSeconds(1));

        assertThat(one.node()).matches("node-[0-9a-f]{4}");
        assertThat(other.node()).matches("node-[0-9a-f]{4}");
        assertThat(properties("blue", 10, Duration.ofSeconds(1)).node()).isEqualTo("blue");
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> properties("", 0, Duration.ofSeconds(1))).hasMessageContaining("sample.max-streams");
        assertThatThrownBy(() -> properties("", 1, Duration.ZERO)).hasMessageContaining("sample.heartbeat");
        assertThatThrownBy(() -> start("--sample.heartbeat=1d"))
                .hasRootCauseMessage("sample.heartbeat must be from 50ms to 5m, but is PT24H");
    }

    @Test
    void stoppingEndsOpenStreamsInsteadOfWaitingForThem() throws Exception {
        ConfigurableApplicationContext context = start("--spring.lifecycle.timeout-per-shutdown-phase=60s");
        try (EventClient client = apiOf(context).events()) {
            client.next();
            long begin = System.nanoTime();
            context.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
            assertThat(client.awaitEnd()).isTrue();
        } finally {
            context.close();
        }
    }

    @Test
    void twoNodesInOneProcessKeepTheirLocalStatesApart() {
        try (ConfigurableApplicationContext one = start("--sample.node=one");
                ConfigurableApplicationContext other = start("--sample.node=other")) {
            apiOf(one).post("/api/state/increment");

            Answer state = apiOf(other).get("/api/state");

            assertThat(state.json().at("/node").asString()).isEqualTo("other");
            assertThat(state.counter()).isZero();
        }
    }

    private static Api apiOf(ConfigurableApplicationContext context) {
        return new Api(Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port")));
    }

    private static SampleProperties properties(String node, int maxStreams, Duration heartbeat) {
        return new SampleProperties(node, "localhost", maxStreams, heartbeat);
    }

    private static ConfigurableApplicationContext start(String... arguments) {
        SpringApplication application = new SpringApplication(SampleApplication.class);
        return application.run(
                Stream.concat(Stream.of("--server.port=0", "--spring.main.banner-mode=off"), Arrays.stream(arguments))
                        .toArray(String[]::new));
    }
}
