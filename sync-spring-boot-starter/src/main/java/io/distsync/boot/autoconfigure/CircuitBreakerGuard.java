package io.distsync.boot.autoconfigure;

import io.distsync.backend.SyncBackend;
import io.distsync.backend.local.LocalSyncBackend;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Puts every backend that can be unreachable behind the circuit breaker {@value #NAME}. */
final class CircuitBreakerGuard implements BackendGuard, AutoCloseable {

    /** Under which the application may have one of its own in its registry. */
    static final String NAME = "sync";

    /**
     * One failure that is told to the breaker opens it, and one answer closes it: when failures are told is decided by {@link
     * CircuitBreakerBackend}. The wait is left at Resilience4j's 60 s. It matters only to a circuit that somebody opened by
     * hand; otherwise an answer to a probe comes first.
     */
    static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.custom()
            .slidingWindow(1, 1, SlidingWindowType.COUNT_BASED)
            .failureRateThreshold(100)
            .permittedNumberOfCallsInHalfOpenState(1)
            .build();

    private final CircuitBreaker breaker;
    private final Duration openAfter;
    private final Duration probeInterval;
    private final TimeSource time;
    private final Scheduler scheduler = Scheduler.threaded("distsync-circuit-breaker");

    /** @param registry of the application; an instance of that name in it is used with its own numbers */
    CircuitBreakerGuard(SyncProperties properties, @Nullable CircuitBreakerRegistry registry, TimeSource time) {
        boolean isOwn = registry == null || registry.find(NAME).isEmpty();
        breaker = registry == null ? CircuitBreaker.of(NAME, CONFIG) : registry.circuitBreaker(NAME, CONFIG);
        Duration configured = properties.circuitBreaker().openAfter();
        Duration patience = configured == null ? properties.timeout() : configured;
        openAfter = isOwn ? patience : Duration.ZERO;
        probeInterval = properties.heartbeat();
        this.time = time;
    }

    @Override
    public SyncBackend guard(SyncBackend backend) {
        return backend instanceof LocalSyncBackend
                ? backend
                : new CircuitBreakerBackend(backend, breaker, openAfter, probeInterval, scheduler, time);
    }

    @Override
    public void close() {
        scheduler.close();
    }
}
