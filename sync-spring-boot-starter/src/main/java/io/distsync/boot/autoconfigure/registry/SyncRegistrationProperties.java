package io.distsync.boot.autoconfigure.registry;

import io.distsync.boot.autoconfigure.InvalidSyncPropertyException;
import io.distsync.registry.HealthCheck;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.SyncRegistry;
import io.distsync.version.Limits;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the application says of itself in the registry.
 *
 * @param register Whether the application registers itself when its web server is up.
 * @param service Name of the service it is an instance of: 1 to 191 characters of A-Z a-z 0-9 . _ - : and /. If not set,
 *     spring.application.name.
 * @param id Tells it apart from the other instances. If not set, host and port; without a port, a random one at each start.
 * @param host Where it is reached. If not set, the first address of this machine that is not a loopback address.
 * @param port Where it is reached. From 0, which stands for none, to 65535. If not set, the port of the web server.
 * @param secure Whether it is reached by TLS.
 * @param weight Share of the calls it gets, relative to the others. From 0 to 1000.
 * @param pool Part of the service that it belongs to.
 * @param zone Where it runs.
 * @param metadata Whatever else callers are to know.
 */
@ConfigurationProperties("sync.registry")
public record SyncRegistrationProperties(
        @DefaultValue("false") boolean register,
        @Nullable String service,
        @Nullable String id,
        @Nullable String host,
        @Nullable Integer port,
        @DefaultValue("false") boolean secure,
        @DefaultValue("1") int weight,
        @DefaultValue("") String pool,
        @DefaultValue("") String zone,
        @DefaultValue Map<String, String> metadata,
        @DefaultValue Check healthCheck) {

    private static final int MAX_SERVICE = 191;
    private static final int MAX_PORT = 65_535;

    public SyncRegistrationProperties {
        if (service != null) {
            requireService("sync.registry.service", service);
        }
        requireText("sync.registry.id", id);
        requireKey("sync.registry.id", id);
        requireText("sync.registry.host", host);
        if (port != null) {
            requireRange("sync.registry.port", port, MAX_PORT);
        }
        requireRange("sync.registry.weight", weight, ServiceInstance.MAX_WEIGHT);
        metadata = Map.copyOf(metadata);
        requireSize(metadata);
    }

    /**
     * The health check.
     *
     * @param path Path at which the application checks itself, such as /actuator/health/readiness; it is up while it is
     *     answered with 2xx. If not set, it is not checked.
     * @param interval Time between two checks. From 10ms to 1d.
     */
    public record Check(
            @Nullable String path, @DefaultValue("10s") Duration interval) {

        private static final Duration SHORTEST = Duration.ofMillis(10);
        private static final Duration LONGEST = Duration.ofDays(1);

        public Check {
            if (path != null) {
                requirePath(path);
            }
            if (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0) {
                throw new InvalidSyncPropertyException(
                        "sync.registry.health-check.interval", interval.toMillis() + "ms", "must be from 10ms to 1d");
            }
        }

        private static void requirePath(String path) {
            try {
                HealthCheck unused = HealthCheck.http(path);
            } catch (IllegalArgumentException e) {
                throw new InvalidSyncPropertyException(
                        "sync.registry.health-check.path", path, "must be a path that begins with a slash");
            }
        }
    }

    static void requireService(String property, String name) {
        try {
            Limits.checkTopic(name);
        } catch (IllegalArgumentException e) {
            throw notAService(property, name);
        }
        if (name.length() > MAX_SERVICE) {
            throw notAService(property, name);
        }
    }

    private static InvalidSyncPropertyException notAService(String property, String name) {
        return new InvalidSyncPropertyException(
                property,
                name,
                "must have 1 to " + MAX_SERVICE + " characters of A-Z a-z 0-9 . _ - : / to name a service");
    }

    private static void requireText(String property, @Nullable String value) {
        if (value != null && value.isBlank()) {
            throw new InvalidSyncPropertyException(property, value, "must not be empty");
        }
    }

    private static void requireKey(String property, @Nullable String value) {
        if (value != null && value.length() > Limits.MAX_KEY_LENGTH) {
            throw new InvalidSyncPropertyException(
                    property, value, "must have at most " + Limits.MAX_KEY_LENGTH + " characters");
        }
    }

    private static void requireSize(Map<String, String> metadata) {
        int size = metadata.entrySet().stream()
                .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
                .sum();
        if (size > SyncRegistry.MAX_METADATA) {
            throw new InvalidSyncPropertyException(
                    "sync.registry.metadata",
                    size + " characters",
                    "must have at most " + SyncRegistry.MAX_METADATA + " characters, keys included");
        }
    }

    private static void requireRange(String property, int value, int max) {
        if (value < 0 || value > max) {
            throw new InvalidSyncPropertyException(property, value, "must be from 0 to " + max);
        }
    }
}
