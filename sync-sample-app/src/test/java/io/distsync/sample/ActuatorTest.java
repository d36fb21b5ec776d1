package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.sample.Api.Answer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class ActuatorTest {

    @LocalServerPort
    private int port;

    private Api api;

    @BeforeEach
    void open() {
        api = new Api(port);
    }

    @Test
    void healthIsUpAndTellsTheMode() {
        Answer health = api.get("/actuator/health");

        assertThat(health.status()).isEqualTo(200);
        assertThat(health.json().at("/status").asString()).isEqualTo("UP");
        assertThat(health.json().at("/components/sync/status").asString()).isEqualTo("UP");
        assertThat(health.json().at("/components/sync/details/mode").asString()).isEqualTo("local");
    }

    @ParameterizedTest
    @ValueSource(strings = {"liveness", "readiness"})
    void probesAreUp(String group) {
        Answer health = api.get("/actuator/health/" + group);

        assertThat(health.status()).isEqualTo(200);
        assertThat(health.json().at("/status").asString()).isEqualTo("UP");
    }

    @Test
    void readinessWatchesTheStore() {
        assertThat(api.get("/actuator/health/readiness")
                        .json()
                        .at("/components")
                        .propertyNames())
                .containsExactlyInAnyOrder("readinessState", "sync");
    }

    @Test
    void prometheusHasTheMetersOfTheLibraryAndOfTheSample() {
        api.post("/api/state/increment");

        Answer prometheus = api.get("/actuator/prometheus");

        assertThat(prometheus.status()).isEqualTo(200);
        assertThat(prometheus.text())
                .contains("\nsync_updates_total{")
                .contains("\nsync_commit_latency_seconds_count{")
                .contains("\nsync_commit_batch_updates_count{")
                .contains("\nsync_listener_deliveries_total{")
                .contains("\nsync_feed_state_topics{")
                .contains("\nsync_updates_pending{")
                .contains("\nsample_event_streams{");
    }

    @Test
    void metricsCountUpdates() {
        double before = updates();

        api.post("/api/state/increment");
        api.post("/api/state/increment");

        assertThat(updates() - before).isEqualTo(2);
    }

    @Test
    void syncShowsTopicsAndKeepsTheirValues() {
        api.put(1, "nobody else's business");

        Answer sync = api.get("/actuator/sync");

        assertThat(sync.status()).isEqualTo(200);
        assertThat(sync.json().at("/topics/0/name").asString()).isEqualTo("app_state");
        assertThat(sync.text()).doesNotContain("nobody else's business");
    }

    @ParameterizedTest
    @ValueSource(strings = {"env", "beans", "configprops", "heapdump", "shutdown", "loggers"})
    void nothingElseIsExposed(String endpoint) {
        assertThat(api.get("/actuator/" + endpoint).status()).isEqualTo(404);
    }

    private double updates() {
        return api.get("/actuator/metrics/sync.updates")
                .json()
                .at("/measurements/0/value")
                .asDouble();
    }
}
