package io.distsync.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.error.BackendUnavailableException;
import io.distsync.error.ConflictException;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Version;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.web.servlet.request.MockMvcRequestBuilders;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.JsonNode;

@ExtendWith(OutputCaptureExtension.class)
class ProblemHandlerTest {

    @Test
    void unavailableStoreIsWorthALaterTry() throws Exception {
        MockHttpServletResponse response = answerTo(new BackendUnavailableException("no connection"));

        assertThat(response.getStatus()).isEqualTo(503);
        assertThat(response.getHeader("Retry-After")).isEqualTo("1");
        assertThat(json(response).at("/outcome").asString()).isEqualTo("not-applied");
        assertThat(json(response).at("/detail").asString()).isEqualTo("no connection");
    }

    @Test
    void lostRaceIsWorthALaterTry() throws Exception {
        MockHttpServletResponse response = answerTo(new ConflictException("others won", new Version(1, 2, 3)));

        assertThat(response.getStatus()).isEqualTo(503);
        assertThat(response.getHeader("Retry-After")).isEqualTo("1");
    }

    @Test
    void unknownOutcomeIsNeitherFailedNorToBeRetriedBlindly() throws Exception {
        MockHttpServletResponse response = answerTo(new OutcomeUnknownException("the reply was lost"));

        assertThat(response.getStatus()).isEqualTo(504);
        assertThat(response.getHeader("Retry-After")).isNull();
        assertThat(json(response).at("/outcome").asString()).isEqualTo("unknown");
        assertThat(json(response).at("/detail").asString())
                .contains("may or may not have been applied")
                .contains("read the state")
                .contains("the reply was lost");
    }

    @Test
    void rejectedRequestIsNotWorthRepeating() throws Exception {
        MockHttpServletResponse response = answerTo(new RejectedException("over the limit"));

        assertThat(response.getStatus()).isEqualTo(422);
        assertThat(response.getHeader("Retry-After")).isNull();
    }

    @Test
    void undecodableStateStandsInTheWay() throws Exception {
        assertThat(answerTo(new UndecodableStateException("what is this?")).getStatus())
                .isEqualTo(409);
    }

    @Test
    void failedBurstAnswersLikeItsCause() throws Exception {
        MockHttpServletResponse response =
                answerTo(new BurstFailedException(3, 10, new NotAppliedException("withdrawn")));

        assertThat(response.getStatus()).isEqualTo(503);
        assertThat(json(response).at("/applied").asInt()).isEqualTo(3);
        assertThat(json(response).at("/requested").asInt()).isEqualTo(10);
    }

    @Test
    void unexpectedFailureTellsTheLogAndNotTheClient(CapturedOutput output) throws Exception {
        MockHttpServletResponse response = answerTo(new IllegalStateException("secret"));

        assertThat(response.getStatus()).isEqualTo(500);
        assertThat(response.getContentAsString()).doesNotContain("secret");
        assertThat(output).contains("secret");
    }

    private static JsonNode json(MockHttpServletResponse response) throws Exception {
        assertThat(response.getContentType()).isEqualTo("application/problem+json");
        return Api.JSON.readTree(response.getContentAsString());
    }

    private static MockHttpServletResponse answerTo(RuntimeException failure) throws Exception {
        return MockMvcBuilders.standaloneSetup(new Failing(failure))
                .setControllerAdvice(new ProblemHandler())
                .build()
                .perform(MockMvcRequestBuilders.get("/"))
                .andReturn()
                .getResponse();
    }

    @RestController
    record Failing(RuntimeException failure) {

        @GetMapping("/")
        String fail() {
            throw failure;
        }
    }
}
