package io.distsync.registry;

import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * One running instance of a service, as it was registered. Immutable; the {@code with} methods return copies.
 *
 * @param service name of the service; every instance of it has the same
 * @param id tells the instances of a service apart
 * @param host where it is reached
 * @param port where it is reached; 0 if it has none
 * @param secure whether it is reached by TLS
 * @param weight share of the calls it is to get, relative to the others; 0 for none
 * @param pool part of the service that it belongs to, for callers who want that part only; may be empty
 * @param zone where it runs, for callers who want one nearby; may be empty
 * @param metadata whatever else callers are to know
 * @param status whether it takes calls
 */
public record ServiceInstance(
        String service,
        String id,
        String host,
        int port,
        boolean secure,
        int weight,
        String pool,
        String zone,
        Map<String, String> metadata,
        InstanceStatus status) {

    /** As much weight as an instance can have. */
    public static final int MAX_WEIGHT = 1_000;

    private static final int DEFAULT_WEIGHT = 1;
    private static final int MAX_PORT = 65_535;

    public ServiceInstance {
        requireText("service", service);
        requireText("id", id);
        requireText("host", host);
        requireRange("port", port, MAX_PORT);
        requireRange("weight", weight, MAX_WEIGHT);
        Objects.requireNonNull(pool, "pool");
        Objects.requireNonNull(zone, "zone");
        Objects.requireNonNull(status, "status");
        metadata = Map.copyOf(metadata);
    }

    /** An instance that takes calls, with a random id and a weight of 1. */
    public static ServiceInstance of(String service, String host, int port) {
        return new ServiceInstance(
                service,
                UUID.randomUUID().toString(),
                host,
                port,
                false,
                DEFAULT_WEIGHT,
                "",
                "",
                Map.of(),
                InstanceStatus.UP);
    }

    public ServiceInstance withId(String value) {
        return new ServiceInstance(service, value, host, port, secure, weight, pool, zone, metadata, status);
    }

    public ServiceInstance withSecure(boolean value) {
        return new ServiceInstance(service, id, host, port, value, weight, pool, zone, metadata, status);
    }

    /**
     * The same with another share of the calls.
     *
     * @throws IllegalArgumentException if it is not from 0 to {@link #MAX_WEIGHT}
     */
    public ServiceInstance withWeight(int value) {
        return new ServiceInstance(service, id, host, port, secure, value, pool, zone, metadata, status);
    }

    public ServiceInstance withPool(String value) {
        return new ServiceInstance(service, id, host, port, secure, weight, value, zone, metadata, status);
    }

    public ServiceInstance withZone(String value) {
        return new ServiceInstance(service, id, host, port, secure, weight, pool, value, metadata, status);
    }

    public ServiceInstance withMetadata(Map<String, String> value) {
        return new ServiceInstance(service, id, host, port, secure, weight, pool, zone, value, status);
    }

    public ServiceInstance withStatus(InstanceStatus value) {
        return new ServiceInstance(service, id, host, port, secure, weight, pool, zone, metadata, value);
    }

    private static void requireText(String what, String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException("the " + what + " of an instance must not be empty");
        }
    }

    private static void requireRange(String what, int value, int max) {
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(
                    "the " + what + " of an instance must be from 0 to " + max + ", but is " + value);
        }
    }
}
