package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Goes round an order, in which an instance may stand more than once. */
final class RoundRobin implements LoadBalancer {

    private final Derived<ServiceInstance[]> order;
    private final AtomicLong turns;

    RoundRobin(Function<Candidates, ServiceInstance[]> order, long firstTurn) {
        this.order = new Derived<>(order);
        this.turns = new AtomicLong(firstTurn);
    }

    /** A first turn that differs between processes, so that those that start together do not all begin with one instance. */
    static long anywhere() {
        return ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE);
    }

    @Override
    public @Nullable ServiceInstance choose(Candidates candidates, @Nullable String key) {
        ServiceInstance[] instances = order.of(candidates);
        return instances.length == 0 ? null : instances[(int) (turns.getAndIncrement() % instances.length)];
    }
}
