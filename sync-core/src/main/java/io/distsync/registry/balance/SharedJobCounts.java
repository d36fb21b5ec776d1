package io.distsync.registry.balance;

import io.distsync.counter.LeasedCounter;
import io.distsync.error.ServiceClosedException;
import io.distsync.registry.ServiceInstance;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts in the whole cluster. */
final class SharedJobCounts implements JobCounts {

    private static final Logger log = LoggerFactory.getLogger(SharedJobCounts.class);

    private final LeasedCounter counter;

    SharedJobCounts(LeasedCounter counter) {
        this.counter = counter;
    }

    @Override
    public IntSupplier of(ServiceInstance instance) {
        String id = instance.id();
        return () -> (int) Math.max(0, counter.total(id));
    }

    @Override
    public long total() {
        return Math.max(0, counter.total());
    }

    @Override
    public Job begin(ServiceInstance instance) {
        try {
            counter.add(instance.id(), 1);
        } catch (ServiceClosedException e) {
            log.trace("the counter is closed, and the call goes on without it", e);
            return () -> {};
        }
        AtomicBoolean ended = new AtomicBoolean();
        return () -> {
            if (ended.compareAndSet(false, true)) {
                end(instance.id());
            }
        };
    }

    private void end(String id) {
        try {
            counter.add(id, -1);
        } catch (ServiceClosedException e) {
            log.trace("the counter has taken back all jobs already", e);
        }
    }
}
