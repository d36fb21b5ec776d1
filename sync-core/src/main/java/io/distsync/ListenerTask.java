package io.distsync;

import io.distsync.log.LogEvent;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A task that calls a user's listener: guards against what it throws, and counts. */
abstract class ListenerTask extends SerialTask {

    private static final Logger log = LoggerFactory.getLogger(ListenerTask.class);

    private final String topic;
    private final String name;
    private final SyncMetrics metrics;
    private final SyncTracing tracing;

    // Written by the running thread, read by status: an older value does no harm.
    private long delivered;
    private long failed;
    private long resets;

    ListenerTask(String topic, String name, ServiceContext context) {
        super(context.dispatcher(), context.shutdownGrace());
        this.topic = topic;
        this.name = name;
        this.metrics = context.metrics();
        this.tracing = context.tracing();
    }

    abstract Delivery delivery();

    abstract long lag();

    /** Tells the listener of an error; what it throws then is only logged. */
    abstract void onError(Throwable error);

    /** @param headers of what it is told, see {@link SyncTracing#deliver} */
    final void deliver(Map<String, String> headers, SyncTracing.Call call) {
        try {
            tracing.deliver(topic, name, headers, call);
            delivered++;
            metrics.delivered(topic, false);
        } catch (Throwable e) {
            failed++;
            metrics.delivered(topic, true);
            LogEvent.LISTENER_FAILED
                    .on(log)
                    .setCause(e)
                    .log("topic '{}': listener {} failed; delivery goes on with the next change", topic, name);
            report(e);
        }
    }

    final void report(Throwable error) {
        try {
            onError(error);
        } catch (Throwable e) {
            LogEvent.LISTENER_ERROR_CALLBACK_FAILED
                    .on(log)
                    .setCause(e)
                    .log("topic '{}': the error callback of listener {} failed", topic, name);
        }
    }

    final void countReset() {
        resets++;
        metrics.reset(topic);
    }

    final SyncStatus.ListenerStatus status() {
        return new SyncStatus.ListenerStatus(name, delivery(), lag(), delivered, failed, resets);
    }
}
