package io.distsync.sample;

import io.distsync.backend.Subscription;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.HttpStatus;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * The event streams of this node: a bounded number, each closed when its client is gone, and all of them when the
 * application stops. That comes first then (the default phase of a {@link SmartLifecycle}), because the server waits
 * for requests under way, and these would not end by themselves.
 */
@Component
final class EventStreams implements SmartLifecycle, DisposableBean {

    private static final Logger log = LoggerFactory.getLogger(EventStreams.class);
    private static final long TICK_MILLIS = 1_000;

    private final NodeView view;
    private final Cluster cluster;
    private final long heartbeatNanos;
    private final long tickMillis;
    private final Semaphore places;
    private final Set<Open> open = ConcurrentHashMap.newKeySet();

    /** Each task may wait for a slow client; a stream has few at a time: a pulse, and its end. */
    private final ExecutorService writers = Executors.newCachedThreadPool(threads("sample-events-writer-"));

    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(threads("sample-events-clock-"));
    private @Nullable ScheduledFuture<?> ticking;
    private volatile boolean running;

    EventStreams(NodeView view, Cluster cluster, SampleProperties properties, MeterRegistry meters) {
        this.view = view;
        this.cluster = cluster;
        this.heartbeatNanos = properties.heartbeat().toNanos();
        this.tickMillis = Math.min(TICK_MILLIS, properties.heartbeat().toMillis());
        this.places = new Semaphore(properties.maxStreams());
        Gauge.builder("sample.event.streams", open, Set::size)
                .description("Event streams open on this node")
                .register(meters);
    }

    /** Opens a stream. */
    SseEmitter open() {
        if (!running || !places.tryAcquire()) {
            throw new BusyException(
                    HttpStatus.SERVICE_UNAVAILABLE, "This node opens no more event streams at the moment.");
        }
        Open stream = new Open();
        open.add(stream);
        stream.begin();
        if (!running) {
            stream.end();
        }
        return stream.events.emitter();
    }

    @Override
    public synchronized void start() {
        ticking = clock.scheduleWithFixedDelay(this::tick, tickMillis, tickMillis, TimeUnit.MILLISECONDS);
        running = true;
    }

    @Override
    public synchronized void stop() {
        running = false;
        if (ticking != null) {
            ticking.cancel(false);
        }
        open.forEach(Open::end);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void destroy() {
        clock.shutdownNow();
        writers.shutdown();
    }

    private void tick() {
        for (Open stream : open) {
            if (stream.events.needsPulse(heartbeatNanos)) {
                writers.execute(stream.events::pulse);
            }
        }
    }

    private static CustomizableThreadFactory threads(String prefix) {
        CustomizableThreadFactory factory = new CustomizableThreadFactory(prefix);
        factory.setDaemon(true);
        return factory;
    }

    /** A stream with its place and its subscriptions, given back together and once. */
    private final class Open {

        private final EventStream events = new EventStream(view, cluster, this::release);
        private final AtomicBoolean released = new AtomicBoolean();
        private volatile @Nullable Subscription ofState;
        private volatile @Nullable Subscription ofNodes;

        void begin() {
            SseEmitter emitter = events.emitter();
            emitter.onCompletion(this::release);
            emitter.onTimeout(this::release);
            emitter.onError(error -> release());
            ofState = view.follow(events);
            events.start(view.versioned());
            ofNodes = cluster.onChange(events::nodesChanged);
            if (released.get()) {
                unsubscribe();
            }
        }

        /** Ends the stream from this side. */
        void end() {
            release();
            writers.execute(() -> {
                try {
                    events.emitter().complete();
                } catch (IllegalStateException e) {
                    log.debug("The client ended its stream first", e);
                }
            });
        }

        /** The stream has ended; the container does the rest. */
        private void release() {
            if (released.compareAndSet(false, true)) {
                open.remove(this);
                places.release();
                // Waits for a callback under way, which the caller may be part of.
                writers.execute(this::unsubscribe);
            }
        }

        private void unsubscribe() {
            for (Subscription each : Arrays.asList(ofState, ofNodes)) {
                if (each != null) {
                    each.close();
                }
            }
        }
    }
}
