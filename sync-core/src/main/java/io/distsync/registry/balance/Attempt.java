package io.distsync.registry.balance;

import io.distsync.registry.ServiceInstance;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A call to an instance, from the choice to its outcome. It is counted as a job until it is ended by one of {@link
 * #succeeded()}, {@link #failed()} and {@link #close()}; the first of them counts, further ones do nothing, and none
 * throws. May be ended by another thread than began it.
 */
public final class Attempt implements AutoCloseable {

    private final ServiceInstance instance;
    private final JobCounts.Job job;
    private final OutlierDetector outliers;
    private final AtomicBoolean ended = new AtomicBoolean();

    Attempt(ServiceInstance instance, JobCounts.Job job, OutlierDetector outliers) {
        this.instance = instance;
        this.job = job;
        this.outliers = outliers;
    }

    /** Which instance is to be called. */
    public ServiceInstance instance() {
        return instance;
    }

    /** It has answered. */
    public void succeeded() {
        if (end()) {
            outliers.succeeded(instance);
        }
    }

    /** It has not, or with something that shows that it cannot serve. */
    public void failed() {
        if (end()) {
            outliers.failed(instance);
        }
    }

    /** The call is over and says nothing about the instance. */
    @Override
    public void close() {
        end();
    }

    private boolean end() {
        boolean first = ended.compareAndSet(false, true);
        if (first) {
            job.close();
        }
        return first;
    }
}
