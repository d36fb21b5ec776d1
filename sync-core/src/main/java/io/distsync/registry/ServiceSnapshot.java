package io.distsync.registry;

import io.distsync.version.Version;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The instances of a service as they were known at one moment. Immutable. A view has another snapshot if and only if the
 * instances have changed, so what is derived from one can be kept for as long as the view shows this very object.
 */
public final class ServiceSnapshot {

    private static final Comparator<ServiceInstance> BY_ID = Comparator.comparing(ServiceInstance::id);

    private final String service;
    private final Version version;
    private final List<ServiceInstance> all;
    private final List<ServiceInstance> available;

    private ServiceSnapshot(String service, Version version, List<ServiceInstance> sorted) {
        this.service = service;
        this.version = version;
        this.all = sorted;
        this.available = sorted.stream().filter(InstanceFilters.available()).toList();
    }

    /** A snapshot of these instances: for tests of what stands on it. */
    public static ServiceSnapshot of(String service, Collection<ServiceInstance> instances) {
        return of(service, Version.ABSENT, instances);
    }

    static ServiceSnapshot of(String service, Version version, Collection<ServiceInstance> instances) {
        return new ServiceSnapshot(
                service, version, instances.stream().sorted(BY_ID).toList());
    }

    public String service() {
        return service;
    }

    /** The last change when this became known; {@link Version#ABSENT} if nothing is known yet. */
    public Version version() {
        return version;
    }

    /** All instances, whatever their status, in the order of their ids: the same on every node. */
    public List<ServiceInstance> all() {
        return all;
    }

    /** Those that are {@link InstanceStatus#UP} and have a weight, in the order of their ids. */
    public List<ServiceInstance> available() {
        return available;
    }

    /** The instance with this id, if it is listed. */
    public Optional<ServiceInstance> find(String id) {
        int low = 0;
        int high = all.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            ServiceInstance found = all.get(middle);
            int order = found.id().compareTo(id);
            if (order == 0) {
                return Optional.of(found);
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return Optional.empty();
    }

    /** Those instances, of all, that the filter takes ({@link InstanceFilters}), in the order of their ids. */
    public List<ServiceInstance> matching(Predicate<? super ServiceInstance> filter) {
        return all.stream().filter(filter).toList();
    }

    @Override
    public String toString() {
        return "'" + service + "' at " + version + ": " + available.size() + " of " + all.size()
                + " instances available";
    }
}
