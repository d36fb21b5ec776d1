package io.distsync.registry.balance;

import io.distsync.counter.LeasedCounter;
import io.distsync.registry.ServiceInstance;
import java.util.function.IntSupplier;

/**
 * How many jobs (calls that have begun and not ended) each instance of one service has. Safe to share between threads.
 * Everything here answers from memory: strategies ask while a call waits.
 */
public interface JobCounts {

    /**
     * Tells how many jobs the instance has at any later time, without a lookup and without allocation. Strategies keep it
     * for as long as the instance is a candidate. It counts by id: another record of the same instance has the same jobs.
     */
    IntSupplier of(ServiceInstance instance);

    /**
     * How many jobs there are at all instances. May count some that have just ended and those at instances that are no
     * candidates any more; never misses one that {@link #of} counts, save for a moment while others begin and end.
     */
    long total();

    /** Counts a job until it is closed. */
    Job begin(ServiceInstance instance);

    /** Counts of the jobs that this process begins. They are gone with it, as the jobs are. */
    static JobCounts inProcess() {
        return new InProcessJobCounts();
    }

    /**
     * Counts of the jobs that all processes begin, as far as they are known here: those of this process at once, others' within
     * the interval of the counter and the delay of the feed. Jobs of a process that crashed count until its lease is over.
     * When the counter is closed, jobs begin and end without being counted. Ids of instances may have 987 characters at most:
     * beginning a job at one with a longer id throws {@link IllegalArgumentException}.
     *
     * @param counter for this service only; stays the caller's to close
     */
    static JobCounts shared(LeasedCounter counter) {
        return new SharedJobCounts(counter);
    }

    /** A job under way. */
    @FunctionalInterface
    interface Job extends AutoCloseable {

        /** Ends it. Never throws; a second time does nothing. */
        @Override
        void close();
    }
}
