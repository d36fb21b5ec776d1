package io.distsync.sample;

import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.error.StaleTokenException;
import io.distsync.error.SyncException;
import io.distsync.error.UndecodableStateException;
import java.util.List;
import java.util.Map;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.util.DisconnectedClientHelper;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.databind.DatabindException;

/**
 * Turns whatever goes wrong into problem details (RFC 9457). What the caller of a change has to know above all is
 * whether it took effect: the property {@code outcome} says {@code not-applied} or {@code unknown}.
 */
@RestControllerAdvice
final class ProblemHandler extends ResponseEntityExceptionHandler {

    private static final String RETRY_SECONDS = "1";

    @ExceptionHandler({
        InvalidInputException.class,
        CounterOverflowException.class,
        BusyException.class,
        BurstFailedException.class,
        SyncException.class
    })
    @Nullable
    ResponseEntity<Object> expected(RuntimeException e, WebRequest request) {
        return answer(e, problemOf(e), request);
    }

    /** Of the server: bytes that are no text, or too many of them. */
    @ExceptionHandler
    @Nullable
    ResponseEntity<Object> unreadable(InvalidParameterException e, WebRequest request) {
        HttpStatus status = HttpStatus.resolve(e.getErrorCode());
        return answer(
                e,
                problem(
                        status == null ? HttpStatus.BAD_REQUEST : status,
                        "The parameters of the request cannot be read."),
                request);
    }

    /** The rest says nothing of the inside to the client, and everything to the log. */
    @ExceptionHandler
    @Nullable
    ResponseEntity<Object> unexpected(Exception e, WebRequest request) {
        if (DisconnectedClientHelper.isClientDisconnectedException(e)) {
            return null;
        }
        logger.error("Request failed: " + request.getDescription(false), e);
        return answer(e, problem(HttpStatus.INTERNAL_SERVER_ERROR, "The request failed on this node."), request);
    }

    /** Names the field where the reader of the body could not go on. */
    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (e.getCause() instanceof JacksonException cause
                && (cause instanceof DatabindException || cause instanceof InputCoercionException)
                && !cause.getPath().isEmpty()) {
            String field = cause.getPath().get(0).getPropertyName();
            return answer(e, invalid(field, "'" + field + "' is of the wrong type or out of range."), request);
        }
        return answer(
                e,
                problem(
                        HttpStatus.BAD_REQUEST,
                        "The body must be JSON of the form {\"counter\": 1, \"note\": \"text\"}, of at most 64 kB."),
                request);
    }

    private @Nullable ResponseEntity<Object> answer(Exception e, ProblemDetail problem, WebRequest request) {
        HttpStatusCode status = HttpStatusCode.valueOf(problem.getStatus());
        HttpHeaders headers = new HttpHeaders();
        if (status.equals(HttpStatus.SERVICE_UNAVAILABLE) || status.equals(HttpStatus.TOO_MANY_REQUESTS)) {
            headers.set(HttpHeaders.RETRY_AFTER, RETRY_SECONDS);
        }
        return handleExceptionInternal(e, problem, headers, status, request);
    }

    private static ProblemDetail problemOf(RuntimeException e) {
        if (e instanceof InvalidInputException invalid) {
            return invalid(invalid.field(), text(e));
        }
        if (e instanceof BusyException busy) {
            return problem(busy.status(), text(e));
        }
        if (e instanceof BurstFailedException failed && e.getCause() instanceof RuntimeException cause) {
            return with(with(problemOf(cause), "applied", failed.applied()), "requested", failed.requested());
        }
        if (e instanceof OutcomeUnknownException) {
            return with(
                    problem(
                            HttpStatus.GATEWAY_TIMEOUT,
                            "The change may or may not have been applied; read the state before you try again. "
                                    + text(e)),
                    "outcome",
                    "unknown");
        }
        return with(problem(statusOf(e), text(e)), "outcome", "not-applied");
    }

    private static HttpStatus statusOf(RuntimeException notApplied) {
        if (notApplied instanceof CounterOverflowException
                || notApplied instanceof UndecodableStateException
                || notApplied instanceof StaleTokenException) {
            return HttpStatus.CONFLICT; // the state as it is stands in the way
        }
        if (notApplied instanceof RejectedException) {
            return HttpStatus.UNPROCESSABLE_CONTENT;
        }
        return notApplied instanceof NotAppliedException
                ? HttpStatus.SERVICE_UNAVAILABLE
                : HttpStatus.INTERNAL_SERVER_ERROR;
    }

    private static ProblemDetail invalid(String field, String message) {
        return with(
                problem(HttpStatus.BAD_REQUEST, message),
                "errors",
                List.of(Map.of("field", field, "message", message)));
    }

    private static ProblemDetail problem(HttpStatus status, String detail) {
        return ProblemDetail.forStatusAndDetail(status, detail);
    }

    private static ProblemDetail with(ProblemDetail problem, String property, Object value) {
        problem.setProperty(property, value);
        return problem;
    }

    private static String text(RuntimeException e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
