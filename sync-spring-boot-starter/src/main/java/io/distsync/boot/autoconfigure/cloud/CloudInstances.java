package io.distsync.boot.autoconfigure.cloud;

import io.distsync.FeedStatus;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.ServiceView;
import io.distsync.registry.SyncRegistry;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The available instances of services in the types of Spring Cloud, made once for each list. Safe to share between threads. */
final class CloudInstances {

    private record Made(List<ServiceInstance> from, List<org.springframework.cloud.client.ServiceInstance> instances) {}

    private final SyncRegistry registry;
    private final Duration patience;
    private final Map<String, Made> made = new ConcurrentHashMap<>();

    /** @param patience how long those wait who ask for a service before it has been read from the store */
    CloudInstances(SyncRegistry registry, Duration patience) {
        this.registry = registry;
        this.patience = patience;
    }

    Duration patience() {
        return patience;
    }

    /** What is known now; only the first for a service may be empty for no other reason than that. */
    List<org.springframework.cloud.client.ServiceInstance> known(String service) {
        List<ServiceInstance> available = registry.instances(service).available();
        Made last = made.get(service);
        if (last == null || last.from() != available) {
            last = new Made(available, CloudInstance.all(available));
            made.put(service, last);
        }
        return last.instances();
    }

    /** Completes when the service has been read from the store; {@code null} if it has been, though that may be long ago. */
    @Nullable
    CompletableFuture<ServiceView> loading(String service) {
        ServiceView view = registry.instances(service);
        boolean loaded =
                !view.snapshot().version().equals(Version.ABSENT) || view.status() instanceof FeedStatus.Current;
        return loaded ? null : view.whenCurrent();
    }

    /** What is known, after a wait for the first word of the store. */
    List<org.springframework.cloud.client.ServiceInstance> await(String service) {
        CompletableFuture<ServiceView> loading = loading(service);
        if (loading != null) {
            try {
                ServiceView unused = loading.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                return List.of();
            }
        }
        return known(service);
    }

    /** The services that were asked for here. The store keeps no list of all. */
    List<String> services() {
        return made.keySet().stream().sorted().toList();
    }
}
