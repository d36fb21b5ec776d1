package io.distsync.registry.balance;

import io.distsync.registry.InstanceFilters;
import io.distsync.registry.InstanceStatus;
import io.distsync.registry.ServiceInstance;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * The instances that may get a call: those that are {@link InstanceStatus#UP} and have a weight. Immutable, in the order
 * of the list it was made of. Strategies keep tables for the candidates they saw last and know them by identity, so they
 * are to be made once for each list, not for each call.
 */
public final class Candidates {

    private final ServiceInstance[] instances;

    private Candidates(ServiceInstance[] instances) {
        this.instances = instances;
    }

    /** Those of the list that may get a call. */
    public static Candidates of(List<ServiceInstance> instances) {
        return new Candidates(
                instances.stream().filter(InstanceFilters.available()).toArray(ServiceInstance[]::new));
    }

    /** The same without those that are ejected; if that leaves none, with them. */
    Candidates without(Set<String> ejectedIds) {
        ServiceInstance[] rest = List.of(instances).stream()
                .filter(instance -> !ejectedIds.contains(instance.id()))
                .toArray(ServiceInstance[]::new);
        return rest.length == 0 ? this : new Candidates(rest);
    }

    /** How many there are. */
    public int size() {
        return instances.length;
    }

    /**
     * One of them.
     *
     * @param index from 0 to {@code size() - 1}
     */
    public ServiceInstance get(int index) {
        return instances[index];
    }

    /** A copy, in the order of the indexes. */
    ServiceInstance[] toArray() {
        return instances.clone();
    }

    int[] mapToInt(ToIntFunction<ServiceInstance> function) {
        int[] values = new int[instances.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = function.applyAsInt(instances[i]);
        }
        return values;
    }
}
