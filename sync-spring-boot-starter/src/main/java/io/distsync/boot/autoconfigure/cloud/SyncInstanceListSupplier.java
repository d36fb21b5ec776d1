package io.distsync.boot.autoconfigure.cloud;

import java.util.List;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.loadbalancer.core.ServiceInstanceListSupplier;
import reactor.core.publisher.Flux;

/**
 * Instances for Spring Cloud LoadBalancer, from memory at each call. Services that the registry does not list are left to
 * another supplier.
 */
final class SyncInstanceListSupplier implements ServiceInstanceListSupplier {

    private final CloudInstances instances;
    private final ServiceInstanceListSupplier others;

    SyncInstanceListSupplier(CloudInstances instances, ServiceInstanceListSupplier others) {
        this.instances = instances;
        this.others = others;
    }

    @Override
    public String getServiceId() {
        return others.getServiceId();
    }

    @Override
    public Flux<List<ServiceInstance>> get() {
        return SyncReactiveDiscoveryClient.list(instances, getServiceId())
                .flux()
                .concatMap(all -> all.isEmpty() ? others.get() : Flux.just(all));
    }
}
