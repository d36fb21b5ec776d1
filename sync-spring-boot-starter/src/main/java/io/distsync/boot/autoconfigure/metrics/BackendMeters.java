package io.distsync.boot.autoconfigure.metrics;

import io.distsync.SyncService;
import io.distsync.backend.BackendInfo;
import io.distsync.time.TimeSource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
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
        TimeGauge.builder("sync.backend.unreachable", this, TimeUnit.MILLISECONDS, BackendMeters::unreachableMillis)
                .description("Time for which the store has not answered, 0 while it does")
                .register(registry);
        if (service.status().backend().broadcast() != null) {
            bindBroadcast(registry);
        }
    }

    private void bindBroadcast(MeterRegistry registry) {
        Gauge.builder("sync.broadcast.pending", this, BackendMeters::pendingBroadcasts)
                .description("Commits that are not known to be broadcast, whoever made them")
                .baseUnit("commits")
                .register(registry);
        TimeGauge.builder(
                        "sync.broadcast.unreachable",
                        this,
                        TimeUnit.MILLISECONDS,
                        BackendMeters::broadcastUnreachableMillis)
                .description("Time for which what broadcasts changes has not answered, 0 while it does")
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
