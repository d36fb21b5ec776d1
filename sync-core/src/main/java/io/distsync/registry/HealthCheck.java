package io.distsync.registry;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Finds out whether an instance can serve. Called by the node that registers it, one call at a time, on a thread made for it:
 * it may block, and the next check waits until it has returned.
 */
@FunctionalInterface
public interface HealthCheck {

    /**
     * Checks once.
     *
     * @param timeout after this time the check counts as failed, whatever becomes of it; should be heeded all the same
     * @return completes if the instance can serve, and fails with the reason if it cannot; throwing means the same
     */
    CompletionStage<?> check(ServiceInstance instance, Duration timeout) throws Exception;

    /** Whether the port takes TCP connections. */
    static HealthCheck tcp() {
        return new TcpHealthCheck();
    }

    /**
     * Whether a GET for this path is answered with a status of 2xx. Redirects are not followed, proxies not used, and the
     * body is not read. HTTPS if the instance is {@link ServiceInstance#secure()}, with the trust of this JVM.
     *
     * <p>The host has to be one that a URI may have: registering fails if it has an underscore, for example.
     *
     * @param path begins with a slash; may have a query
     * @throws IllegalArgumentException if it does not, or is no path
     */
    static HealthCheck http(String path) {
        return new HttpHealthCheck(path);
    }
}
