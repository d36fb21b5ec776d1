package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.distsync.sample.Api.Answer;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.JsonNode;

/** One node with a store of its own; for two on one store see {@link RedisModeTest}. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "sample.node=tester")
class ClusterApiTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @LocalServerPort
    private int port;

    private Api api;

    @BeforeEach
    void awaitLeader() {
        api = new Api(port);
        await().atMost(PATIENCE).until(() -> !leaderSince().isEmpty());
    }

    @Test
    void nodesTellWhatTheyAreAndWhoLeads() {
        JsonNode nodes = api.get("/api/nodes").json();

        assertThat(nodes.at("/node").asString()).isEqualTo("tester");
        assertThat(nodes.at("/status").asString()).isEqualTo("CURRENT");
        assertThat(nodes.at("/nodes").size()).isEqualTo(1);
        JsonNode node = nodes.at("/nodes/0");
        assertThat(node.propertyNames())
                .containsExactlyInAnyOrder("name", "host", "port", "status", "startedAt", "leaderSince", "lock");
        assertThat(node.at("/name").asString()).isEqualTo("tester");
        assertThat(node.at("/host").asString()).isEqualTo("localhost");
        assertThat(node.at("/port").asInt()).isEqualTo(port);
        assertThat(node.at("/status").asString()).isEqualTo("UP");
    }

    @Test
    void leaderThatResignsAndIsAloneLeadsAgainInAnotherTerm() {
        String before = leaderSince();

        assertThat(api.post("/api/nodes/resign").status()).isEqualTo(202);

        await().atMost(PATIENCE)
                .until(() -> !leaderSince().isEmpty() && !leaderSince().equals(before));
    }

    @Test
    void lockIsHeldForTheTimeAskedForAndGivenBack() {
        assertThat(api.post("/api/lock/hold?seconds=1").status()).isEqualTo(202);
        assertProblem(api.post("/api/lock/hold?seconds=1"), 409);

        await().atMost(PATIENCE).until(() -> lock("state").equals("RELEASED"));
        assertThat(lock("token")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "61", "-1", "soon", "99999999999999999999"})
    void timesOutOfRangeAreRefused(String seconds) {
        assertProblem(api.post("/api/lock/hold?seconds=" + seconds), 400);
    }

    @Test
    void oldTokenIsGoodUntilSomebodyHasWrittenWithANewerOne() {
        String old = token();
        long writes = write("?token=" + old).json().at("/value/writes").asLong();

        Answer newer = write("");
        Answer refused = write("?token=" + old);

        assertThat(newer.status()).isEqualTo(200);
        assertThat(newer.json().at("/value/lastBy").asString()).isEqualTo("tester");
        assertThat(newer.json().at("/token").asString()).isGreaterThan(old);
        assertProblem(refused, 409);
        assertThat(refused.json().at("/outcome").asString()).isEqualTo("not-applied");
        assertThat(refused.json().at("/detail").asString())
                .startsWith("topic 'guarded' was not written: fence 'guarded' has seen a newer token than (");
        assertThat(write("").json().at("/value/writes").asLong()).isEqualTo(writes + 2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "x000000000000000-0000000000000001",
                "ffffffffffffffff-0000000000000001",
                "7fffffffffffffff-7fffffffffffffff"
            })
    void whatIsNoTokenOfAnyGrantIsRefused(String token) {
        Answer refused = write("?token=" + token);

        assertProblem(refused, 400);
        assertThat(refused.json().at("/errors/0/field").asString()).isEqualTo("token");
        assertThat(write("").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/nodes/resign", "/api/lock/hold", "/api/guarded/token", "/api/guarded/write"})
    void onlyThePageItselfMayAskForAnything(String path) {
        assertProblem(api.call("POST", path, null, "Sec-Fetch-Site", "cross-site"), 403);
        assertProblem(api.get(path), 405);
    }

    private String leaderSince() {
        return api.get("/api/nodes").json().at("/nodes/0/leaderSince").asString("");
    }

    private String lock(String field) {
        return api.get("/api/nodes").json().at("/nodes/0/lock/" + field).asString("");
    }

    private String token() {
        return api.post("/api/guarded/token").json().at("/token").asString();
    }

    private Answer write(String query) {
        return api.post("/api/guarded/write" + query);
    }

    private static void assertProblem(Answer answer, int status) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    }
}
