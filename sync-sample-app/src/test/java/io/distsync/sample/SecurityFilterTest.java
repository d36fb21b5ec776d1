package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.sample.Api.Answer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class SecurityFilterTest {

    @LocalServerPort
    private int port;

    @ParameterizedTest
    @ValueSource(strings = {"/", "/app.js", "/app.css", "/favicon.svg", "/api/state", "/nothing", "/actuator/health"})
    void everyAnswerCarriesTheHeaders(String path) {
        Answer answer = new Api(port).get(path);

        assertThat(answer.header("Content-Security-Policy"))
                .startsWith("default-src 'none'; ")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
        assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
        assertThat(answer.header("Cross-Origin-Opener-Policy")).isEqualTo("same-origin");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/app.js", "/app.css", "/favicon.svg"})
    void thePageLoadsNothingFromElsewhere(String path) {
        assertThat(new Api(port).get(path).text().replace("http://www.w3.org/2000/svg", ""))
                .doesNotContain("//cdn")
                .doesNotContain("http://")
                .doesNotContain("https://")
                .doesNotContain("@import");
    }

    @ParameterizedTest
    @ValueSource(strings = {"same-origin", "none"})
    void changesFromThePageItselfAreAccepted(String site) {
        Answer answer = new Api(port).call("POST", "/api/state/increment", null, "Sec-Fetch-Site", site);

        assertThat(answer.status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cross-site", "same-site"})
    void otherSitesMayLinkHereAndChangeNothing(String site) {
        Api api = new Api(port);

        assertThat(api.call("GET", "/", null, "Sec-Fetch-Site", site).status()).isEqualTo(200);
        assertThat(api.call("DELETE", "/api/state", null, "Sec-Fetch-Site", site)
                        .status())
                .isEqualTo(403);
    }
}
