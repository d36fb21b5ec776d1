package io.distsync.boot.autoconfigure.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.DistributedSync;
import io.distsync.SyncService;
import io.distsync.backend.FeedState;
import io.distsync.boot.autoconfigure.AppState;
import io.distsync.boot.autoconfigure.UnsteadyBackend;
import io.distsync.boot.autoconfigure.WholeApplication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.Banner;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ByteArrayResource;

/** The probes of an orchestrator, while the store is away and while a view is stale. */
class ProbesTest {

    private static final Map<String, Object> PROBES = Map.of(
            "server.port", "0",
            "management.health.redis.enabled", "false", // there is a client, but no server
            "management.endpoint.health.probes.enabled", "true");

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void neitherProbeDependsOnTheStoreByDefault() throws Exception {
        try (ConfigurableApplicationContext context = start()) {
            context.getBean(UnsteadyBackend.class).cut(Instant.EPOCH);

            assertThat(status(context, "/actuator/health")).isEqualTo(503);
            assertThat(status(context, "/actuator/health/liveness")).isEqualTo(200);
            assertThat(status(context, "/actuator/health/readiness")).isEqualTo(200);
        }
    }

    @Test
    void readinessDependsOnTheStoreIfItIncludesIt() throws Exception {
        try (ConfigurableApplicationContext context =
                start("management.endpoint.health.group.readiness.include=readinessState,sync")) {
            UnsteadyBackend backend = context.getBean(UnsteadyBackend.class);
            backend.feed("app_state", FeedState.STALE);
            assertThat(status(context, "/actuator/health/readiness")).isEqualTo(200);
            backend.cut(Instant.EPOCH);
            assertThat(status(context, "/actuator/health/readiness")).isEqualTo(503);
            assertThat(status(context, "/actuator/health/liveness")).isEqualTo(200);
        }
    }

    /** As the guide has it. */
    @Test
    void readinessDependsOnViewsIfTheirStatusIsMapped() throws Exception {
        try (ConfigurableApplicationContext context = start(mapped())) {
            UnsteadyBackend backend = context.getBean(UnsteadyBackend.class);
            assertThat(status(context, "/actuator/health/readiness")).isEqualTo(200);
            backend.feed("app_state", FeedState.STALE);
            assertThat(status(context, "/actuator/health/readiness")).isEqualTo(503);
            assertThat(status(context, "/actuator/health/liveness")).isEqualTo(200);
            backend.cut(Instant.EPOCH);
            assertThat(status(context, "/actuator/health/readiness")).isEqualTo(503);
            assertThat(status(context, "/actuator/health/liveness")).isEqualTo(200);
        }
    }

    private static String[] mapped() throws Exception {
        String section = Files.readString(Path.of("..", "docs", "guide.md")).split("### Kubernetes probes\n", -1)[1];
        String yaml = section.split("```yaml\n", -1)[1].split("```", -1)[0];
        YamlPropertiesFactoryBean properties = new YamlPropertiesFactoryBean();
        properties.setResources(new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)));
        return Objects.requireNonNull(properties.getObject()).entrySet().stream()
                .map(String::valueOf)
                .toArray(String[]::new);
    }

    private static ConfigurableApplicationContext start(String... properties) {
        ConfigurableApplicationContext context = new SpringApplicationBuilder(WholeApplication.class, Unsteady.class)
                .bannerMode(Banner.Mode.OFF)
                .properties(PROBES)
                .properties(properties)
                .run();
        // Followed until the context is closed.
        DistributedSync<AppState> unused = context.getBean(SyncService.class).sync(AppState.class);
        return context;
    }

    private int status(ConfigurableApplicationContext context, String path) throws Exception {
        URI uri = URI.create("http://localhost:" + context.getEnvironment().getProperty("local.server.port") + path);
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Configuration(proxyBeanMethods = false)
    static class Unsteady {

        @Bean
        UnsteadyBackend unsteadyBackend() {
            return new UnsteadyBackend();
        }
    }
}
