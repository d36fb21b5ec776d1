package io.distsync.sample;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;

/** Answers what failed before it reached a controller, in the same form as everything else. */
@RestController
final class ProblemErrorController implements ErrorController {

    @RequestMapping("/error")
    ProblemDetail error(HttpServletRequest request) {
        HttpStatus status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
                ? HttpStatus.resolve(code)
                : HttpStatus.NOT_FOUND;
        ProblemDetail problem = ProblemDetail.forStatus(status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status);
        if (request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI) instanceof String path) {
            problem.setInstance(
                    UriComponentsBuilder.fromPath(path).build().encode().toUri());
        }
        if (request.getAttribute(RequestDispatcher.ERROR_MESSAGE) instanceof String message && !message.isEmpty()) {
            problem.setDetail(message);
        }
        return problem;
    }
}
