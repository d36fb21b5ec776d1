package io.distsync.registry;

import java.util.Objects;
import java.util.function.Predicate;

/** Filters for {@link ServiceSnapshot#matching}; combined by {@link Predicate#and}. */
public final class InstanceFilters {

    private InstanceFilters() {}

    /** Is {@link InstanceStatus#UP} and has a weight. */
    public static Predicate<ServiceInstance> available() {
        return instance -> instance.status() == InstanceStatus.UP && instance.weight() > 0;
    }

    /** Belongs to the pool. */
    public static Predicate<ServiceInstance> pool(String pool) {
        Objects.requireNonNull(pool, "pool");
        return instance -> instance.pool().equals(pool);
    }

    /** Runs in the zone. */
    public static Predicate<ServiceInstance> zone(String zone) {
        Objects.requireNonNull(zone, "zone");
        return instance -> instance.zone().equals(zone);
    }

    /** Has this value under this key of its metadata. */
    public static Predicate<ServiceInstance> metadata(String key, String value) {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(value, "value");
        return instance -> value.equals(instance.metadata().get(key));
    }
}
