package io.distsync.boot.autoconfigure.cloud;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.ReactiveDiscoveryClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The registry for callers that do not block. */
final class SyncReactiveDiscoveryClient implements ReactiveDiscoveryClient {

    private final CloudInstances instances;

    SyncReactiveDiscoveryClient(CloudInstances instances) {
        this.instances = instances;
    }

    /** One list, when the service has been read from the store, or that has taken too long. */
    static Mono<List<ServiceInstance>> list(CloudInstances instances, String serviceId) {
        return Mono.defer(() -> {
            CompletableFuture<Void> loading = instances.loading(serviceId);
            Mono<Void> loaded =
                    loading == null ? Mono.empty() : Mono.fromFuture(loading, true); // others wait for it, too
            return loaded.then(Mono.fromSupplier(() -> instances.known(serviceId)));
        });
    }

    @Override
    public String description() {
        return "distsync";
    }

    @Override
    public Flux<ServiceInstance> getInstances(String serviceId) {
        return list(instances, serviceId).flatMapIterable(all -> all);
    }

    @Override
    public Flux<String> getServices() {
        return Flux.defer(() -> Flux.fromIterable(instances.services()));
    }
}
