package io.distsync.boot.autoconfigure.metrics;

import io.distsync.registry.InstanceStatus;
import io.distsync.registry.ServiceView;
import io.distsync.registry.SyncRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.beans.factory.ObjectProvider;

/** The instances of services, as this node knows them; of as many services as may have meters of their own. */
final class ServiceMeters {

    /** What the topics of services begin with. */
    private static final String PREFIX = "registry:";

    private final MeterRegistry meters;
    private final ObjectProvider<SyncRegistry> registries;
    private final int maxServices;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /** @param registries asked when a gauge is read: they stand on a service that is built with this */
    ServiceMeters(MeterRegistry meters, ObjectProvider<SyncRegistry> registries, int maxServices) {
        this.meters = meters;
        this.registries = registries;
        this.maxServices = maxServices;
    }

    /** Takes note of a topic that is used here. */
    void opened(String topic) {
        if (topic.startsWith(PREFIX) && !known.contains(topic)) {
            register(topic);
        }
    }

    private synchronized void register(String topic) {
        if (known.size() < maxServices && known.add(topic)) {
            String service = topic.substring(PREFIX.length());
            for (InstanceStatus status : InstanceStatus.values()) {
                SyncMeter.REGISTRY_INSTANCES
                        .gauge(this, it -> it.number(service, status))
                        .tags(Tags.of(SyncTag.SERVICE.of(service), SyncTag.INSTANCE_STATUS.of(status)))
                        .register(meters);
            }
        }
    }

    /** Not a number if the service is not followed here: this node may only be one of its instances. */
    private double number(String service, InstanceStatus status) {
        return registries.stream()
                .map(registry -> registry.views().get(service))
                .filter(view -> view != null)
                .mapToDouble(view -> count(view, status))
                .findFirst()
                .orElse(Double.NaN);
    }

    private static long count(ServiceView view, InstanceStatus status) {
        return view.all().stream()
                .filter(instance -> instance.status() == status)
                .count();
    }
}
