package io.distsync.boot.autoconfigure.metrics;

import io.distsync.registry.RegistrationStatus;
import io.distsync.registry.SyncRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;

/** How the instances that are registered here stand. */
final class RegistrationMeters implements MeterBinder {

    private final ObjectProvider<SyncRegistry> registries;

    RegistrationMeters(ObjectProvider<SyncRegistry> registries) {
        this.registries = registries;
    }

    @Override
    public void bindTo(MeterRegistry meters) {
        for (RegistrationStatus status : List.of(RegistrationStatus.REGISTERED, RegistrationStatus.RETRYING)) {
            SyncMeter.REGISTRATIONS
                    .gauge(this, it -> it.number(status))
                    .tags(Tags.of(SyncTag.REGISTRATION_STATUS.of(status)))
                    .register(meters);
        }
    }

    private long number(RegistrationStatus status) {
        return registries.stream()
                .flatMap(registry -> registry.registrations().stream())
                .filter(registration -> registration.status() == status)
                .count();
    }
}
