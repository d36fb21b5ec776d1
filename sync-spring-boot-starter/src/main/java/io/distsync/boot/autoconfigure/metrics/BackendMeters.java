package io.distsync.boot.autoconfigure.metrics;

import io.distsync.SyncService;
import io.distsync.backend.BackendInfo;
import io.distsync.time.TimeSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The meters of the store the service stands on, and of what broadcasts its changes, if something else does. */
final class BackendMeters implements MeterBinder {

    private final SyncService service;
    private final TimeSource time;

    BackendMeters(SyncService service, TimeSource time) {
        this.service = service;
        this.time = time;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        SyncMeter.BACKEND_UNREACHABLE
                .millis(this, BackendMeters::unreachableMillis)
                .register(registry);
        if (service.status().backend().broadcast() != null) {
            bindBroadcast(registry);
        }
    }

    private void bindBroadcast(MeterRegistry registry) {
        SyncMeter.BROADCAST_PENDING
                .gauge(this, BackendMeters::pendingBroadcasts)
                .register(registry);
        SyncMeter.BROADCAST_UNREACHABLE
                .millis(this, BackendMeters::broadcastUnreachableMillis)
                .register(registry);
    }

    private double unreachableMillis() {
        return millisSince(service.status().backend().unreachableSince());
    }

    private double pendingBroadcasts() {
        BackendInfo.Broadcast broadcast = service.status().backend().broadcast();
        return broadcast == null ? 0 : broadcast.pending();
    }

    private double broadcastUnreachableMillis() {
        BackendInfo.Broadcast broadcast = service.status().backend().broadcast();
        return broadcast == null ? 0 : millisSince(broadcast.unreachableSince());
    }

    private double millisSince(@Nullable Instant since) {
        return since == null
                ? 0
                : Math.max(0, Duration.between(since, time.instant()).toMillis());
    }
}
