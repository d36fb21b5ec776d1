package io.distsync.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.backend.FeedState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Endpoint and health as an operator sees them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpTest {

    private final HttpClient client = HttpClient.newHttpClient();
    private ConfigurableApplicationContext context;

    @BeforeAll
    void start() {
        context = new SpringApplicationBuilder(WholeApplication.class, Unsteady.class)
                .bannerMode(Banner.Mode.OFF)
                .properties(
                        "server.port=0",
                        "management.endpoints.web.exposure.include=*",
                        "management.health.redis.enabled=false") // there is a client, but no server
                .run();
        SyncService service = context.getBean(SyncService.class);
        service.send(AppState.class, new AppState(7, "secret"));
        service.send(Topic.of("room/42:a", String.class), "hello");
    }

    @AfterAll
    void stop() {
        context.close();
    }

    @Test
    void endpointListsTheTopics() throws Exception {
        JsonNode answer = json("/actuator/sync");
        assertThat(answer.at("/mode").asString()).isEqualTo("unsteady");
        assertThat(answer.at("/topics/0/name").asString()).isEqualTo("app_state");
        assertThat(answer.at("/topics/0/version/revision").asLong()).isEqualTo(1);
        assertThat(answer.at("/topics/1/name").asString()).isEqualTo("room/42:a");
        assertThat(answer.at("/listenerMethods/wholeApplication.listen").asString())
                .isEqualTo("RUNNING");
        assertThat(json("/actuator/sync?prefix=room&limit=1").at("/topics")).hasSize(1);
    }

    @Test
    void endpointTellsATopicWithoutItsValue() throws Exception {
        JsonNode answer = json("/actuator/sync/app_state");
        assertThat(answer.at("/value").asString()).isEqualTo("******");
        assertThat(answer.at("/listeners/0/name").asString()).isEqualTo("wholeApplication.listen");
        assertThat(answer.toString()).doesNotContain("secret");
    }

    @Test
    void topicNameIsTheRestOfThePath() throws Exception {
        assertThat(json("/actuator/sync/room/42:a").at("/name").asString()).isEqualTo("room/42:a");
        assertThat(get("/actuator/sync/nobody").statusCode()).isEqualTo(404);
    }

    @Test
    void degradedIsTheHealthOfTheApplicationAndAnsweredWith200() throws Exception {
        UnsteadyBackend backend = context.getBean(UnsteadyBackend.class);
        assertThat(json("/actuator/health").at("/status").asString()).isEqualTo("UP");
        backend.feed("app_state", FeedState.STALE);
        try {
            assertThat(json("/actuator/health").at("/status").asString()).isEqualTo("DEGRADED");
        } finally {
            backend.feed("app_state", FeedState.CURRENT);
        }
    }

    @Test
    void listenersStartBeforeTheWebServer() {
        assertThat(ListenerLifecycle.PHASE).isLessThan(WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE);
    }

    private JsonNode json(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = get(path);
        assertThat(response.statusCode()).as(path + ": " + response.body()).isEqualTo(200);
        return JsonMapper.shared().readTree(response.body());
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port") + path);
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Configuration(proxyBeanMethods = false)
    static class Unsteady {

        @Bean
        UnsteadyBackend unsteadyBackend() {
            return new UnsteadyBackend();
        }
    }
}
