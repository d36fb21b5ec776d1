package io.distsync.boot.autoconfigure.metrics;

import io.distsync.SyncService;
import io.distsync.time.TimeSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** The meters of the store the service stands on. */
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
    }

    private double unreachableMillis() {
        Instant since = service.status().backend().unreachableSince();
        return since == null
                ? 0
                : Math.max(0, Duration.between(since, time.instant()).toMillis());
    }
}
