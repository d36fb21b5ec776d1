package io.distsync;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.TopicOptions;
import io.distsync.codec.Codec;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import java.time.Duration;

/**
 * What all topics of one service share.
 *
 * @param limits what the backend said of itself at the start: what it serializes, and how much of it
 */
record ServiceContext(
        SyncBackend backend,
        BackendInfo limits,
        Codec codec,
        SyncMetrics metrics,
        SyncTracing tracing,
        TimeSource time,
        Settings settings,
        Scheduler timer,
        Dispatcher dispatcher) {

    /** The service's numbers. */
    record Settings(
            Duration timeout,
            Duration shutdownGrace,
            int maxConflicts,
            int listenerBuffer,
            TopicOptions.Retention retention) {}

    static ServiceContext create(
            String name,
            SyncBackend backend,
            Codec codec,
            SyncMetrics metrics,
            SyncTracing tracing,
            TimeSource time,
            Settings settings) {
        Scheduler timer = Scheduler.threaded("distsync-" + name + "-timer");
        Dispatcher dispatcher = new Dispatcher("distsync-" + name + "-dispatch-", timer);
        return new ServiceContext(
                backend, backend.info(), new SharedFormats(codec), metrics, tracing, time, settings, timer, dispatcher);
    }

    Duration shutdownGrace() {
        return settings.shutdownGrace();
    }

    /** When an operation has to end that begins now, by {@link #time()}. */
    long deadlineNanos() {
        return time.nanos() + settings.timeout().toNanos();
    }

    /** When something begins whose time {@link #committed} tells, if anybody wants to know. */
    long startNanos() {
        return metrics.isEnabled() ? time.nanos() : 0;
    }

    /** Tells what commit brought how many calls to a good end. */
    void committed(Topic<?> topic, int updates, long startedNanos) {
        metrics.committed(topic.name(), updates, Duration.ofNanos(time.nanos() - startedNanos));
    }

    /** Stops the service's threads, waiting for running callbacks until the given time of {@link #time()}. */
    void close(long endNanos) {
        timer.close();
        dispatcher.close(Duration.ofNanos(Math.max(0, endNanos - time.nanos())));
    }
}
