package io.distsync.boot.autoconfigure;

import io.distsync.Delivery;
import io.distsync.DistributedSync;
import io.distsync.SyncListenerCallbacks;
import io.distsync.SyncService;
import io.distsync.Topic;
import io.distsync.Versioned;
import io.distsync.boot.ErrorHandling;
import io.distsync.boot.SyncListenerErrorHandler;
import io.distsync.error.ServiceClosedException;
import io.distsync.log.LogEvent;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One listener method with its topic; can be started and stopped again and again. */
final class ListenerContainer<T> {

    private static final Logger log = LoggerFactory.getLogger(ListenerContainer.class);

    private final String id;
    private final Topic<T> topic;
    private final Delivery delivery;
    private final ListenerTarget target;
    private final SyncListenerErrorHandler errors;
    private final boolean autoStartup;

    /** Set while running. Never guarded by a lock: stopping waits for a call, and that call may stop the listener. */
    private final AtomicReference<@Nullable Run> current = new AtomicReference<>();

    ListenerContainer(
            String id,
            Topic<T> topic,
            Delivery delivery,
            ListenerTarget target,
            SyncListenerErrorHandler errors,
            boolean autoStartup) {
        this.id = id;
        this.topic = topic;
        this.delivery = delivery;
        this.target = target;
        this.errors = errors;
        this.autoStartup = autoStartup;
    }

    String id() {
        return id;
    }

    boolean autoStartup() {
        return autoStartup;
    }

    boolean isRunning() {
        return current.get() != null;
    }

    void start(SyncService service) {
        if (isRunning()) {
            return;
        }
        Run run = new Run(follow(service));
        if (current.compareAndSet(null, run)) {
            run.begin();
        } else {
            run.end();
        }
    }

    private DistributedSync<T> follow(SyncService service) {
        try {
            return service.sync(topic);
        } catch (IllegalArgumentException e) {
            throw InvalidSyncTopicException.refused("listener '" + id + "'", e);
        }
    }

    /** Lets no further call begin, without waiting for one under way. */
    void mute() {
        Run run = current.get();
        if (run != null) {
            run.muted = true;
        }
    }

    void stop() {
        Run run = current.getAndSet(null);
        if (run != null) {
            run.end();
        }
    }

    /** The time from one start to the next stop. */
    private final class Run implements SyncListenerCallbacks<T> {

        private final DistributedSync<T> handle;
        private volatile boolean muted;

        Run(DistributedSync<T> handle) {
            this.handle = handle;
        }

        void begin() {
            try {
                handle.onChange(delivery, this);
            } catch (ServiceClosedException e) {
                if (!muted) {
                    throw e;
                }
            }
        }

        void end() {
            muted = true;
            handle.close();
        }

        @Override
        public void onChange(Versioned<T> state) throws Exception {
            if (!muted) {
                target.call(state);
            }
        }

        @Override
        public void onError(Throwable error) {
            if (!muted && handling(error) == ErrorHandling.STOP_LISTENER) {
                LogEvent.LISTENER_STOPPED
                        .on(log)
                        .log("listener {} of topic {} is stopped, because a delivery failed", id, topic.name());
                if (current.compareAndSet(this, null)) {
                    end();
                }
            }
        }

        private ErrorHandling handling(Throwable error) {
            try {
                return errors.handle(id, error);
            } catch (RuntimeException e) {
                LogEvent.LISTENER_ERROR_HANDLER_FAILED
                        .on(log)
                        .setCause(e)
                        .log("error handler of listener {} failed; the listener goes on", id);
                return ErrorHandling.LOG_AND_CONTINUE;
            }
        }

        @Override
        public String name() {
            return id;
        }
    }
}
