package io.distsync.sample;

import io.micrometer.common.KeyValue;
import io.micrometer.tracing.BaggageInScope;
import io.micrometer.tracing.Tracer;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.filter.ServerHttpObservationFilter;

/**
 * Gives each request an id, the client's own if it is a good one. The id is in the answer, in every line of the log that the
 * request leads to, on the nodes that are told of its change too, and on its spans. Comes after the filter that begins the trace.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE + 2)
final class RequestIdFilter extends OncePerRequestFilter {

    static final String HEADER = "X-Request-Id";

    private static final String FIELD = "request-id";
    private static final Pattern GOOD = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private final Tracer tracer;

    RequestIdFilter(Tracer tracer) {
        this.tracer = tracer;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String id = idOf(request.getHeader(HEADER));
        response.setHeader(HEADER, id);
        ServerHttpObservationFilter.findObservationContext(request)
                .ifPresent(context -> context.addHighCardinalityKeyValue(KeyValue.of(FIELD, id)));
        BaggageInScope baggage = tracer.createBaggageInScope(FIELD, id);
        try {
            chain.doFilter(request, response);
        } finally {
            baggage.close();
        }
    }

    private static String idOf(@Nullable String asked) {
        return asked != null && GOOD.matcher(asked).matches()
                ? asked
                : UUID.randomUUID().toString();
    }
}
