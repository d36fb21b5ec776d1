package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.List;
import java.util.stream.IntStream;

/** Instances for tests, with ids that say which is which. */
final class Fleet {

    private Fleet() {}

    static ServiceInstance instance(String id) {
        return ServiceInstance.of("orders", "localhost", 8080).withId(id);
    }

    /** As many as there are weights, named i0, i1, ... */
    static List<ServiceInstance> weighted(int... weights) {
        return IntStream.range(0, weights.length)
                .mapToObj(i -> instance("i" + i).withWeight(weights[i]))
                .toList();
    }

    /** So many of the same weight. */
    static List<ServiceInstance> of(int size) {
        return weighted(IntStream.generate(() -> 1).limit(size).toArray());
    }

    static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }
}
