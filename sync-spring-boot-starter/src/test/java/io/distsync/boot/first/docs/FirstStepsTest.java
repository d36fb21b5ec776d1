package io.distsync.boot.first.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.testsupport.docs.Repository;
import io.distsync.testsupport.redis.RedisServer;
import io.distsync.testsupport.redis.RedisServer.Durability;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** The guide's first section, step by step: its settings, its two nodes, its commands and what they answer. */
@ExtendWith(OutputCaptureExtension.class)
class FirstStepsTest {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static final Pattern SECTION =
            Pattern.compile("^## From zero .*?(?=^## )", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern BLOCK = Pattern.compile("^```(\\w+)\\R(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern CURL = Pattern.compile("curl (?:-X (\\w+) )?localhost:(\\d+)(/\\S+)");

    @TempDir
    private Path folder;

    @Test
    void stepsDoWhatTheGuideSays(CapturedOutput output) throws IOException {
        Files.writeString(folder.resolve("application.yaml"), blocks("yaml").get(0));
        List<String> sessions = blocks("console");
        assertThat(sessions).hasSize(3);
        try (RedisServer redis = RedisServer.start(Durability.EVERY_SECOND);
                ConfigurableApplicationContext one = start(redis);
                ConfigurableApplicationContext other = start(redis)) {
            Map<String, String> ports = Map.of("8080", port(one), "8081", port(other));

            play(sessions.get(0), ports);
            await().atMost(BOUND).until(() -> output.getOut().split("Visits: 2", -1).length == 3);

            redis.kill();
            play(sessions.get(1), ports);

            redis.start();
            play(sessions.get(2), ports);
        }
    }

    /** Each command until it answers as is told: what was changed on one node arrives at the other in a moment. */
    private static void play(String session, Map<String, String> ports) {
        List<String> lines = session.lines().toList();
        for (int i = 0; i < lines.size(); i += 2) {
            Matcher curl = CURL.matcher(lines.get(i));
            assertThat(curl.matches()).as(lines.get(i)).isTrue();
            String expected = lines.get(i + 1);
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://localhost:" + ports.get(curl.group(2)) + curl.group(3)))
                    .method(curl.group(1) == null ? "GET" : curl.group(1), BodyPublishers.noBody())
                    .build();
            if (curl.group(1) == null) {
                await(lines.get(i))
                        .atMost(BOUND)
                        .untilAsserted(() -> assertThat(HTTP.send(request, BodyHandlers.ofString())
                                        .body())
                                .isEqualTo(expected));
            } else {
                assertThat(answer(request)).as(lines.get(i)).isEqualTo(expected);
            }
        }
    }

    private static String answer(HttpRequest request) {
        try {
            return HTTP.send(request, BodyHandlers.ofString()).body();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static List<String> blocks(String language) {
        Matcher section = SECTION.matcher(Repository.read("docs/guide.md"));
        assertThat(section.find()).isTrue();
        List<String> blocks = new ArrayList<>();
        BLOCK.matcher(section.group())
                .results()
                .filter(block -> block.group(1).equals(language))
                .forEach(block -> blocks.add(block.group(2)));
        return blocks;
    }

    private static String port(ConfigurableApplicationContext context) {
        return context.getEnvironment().getRequiredProperty("local.server.port");
    }

    private ConfigurableApplicationContext start(RedisServer redis) {
        return new SpringApplication(DemoApplication.class)
                .run(
                        "--spring.config.location=" + folder.toUri(),
                        "--server.port=0",
                        "--spring.data.redis.port=" + redis.port(),
                        "--spring.main.banner-mode=off",
                        "--logging.level.io.distsync.boot.first=info", // as without a configuration for tests
                        "--sync.health.down-after=1h"); // a slow machine is not to miss the state before
    }
}
