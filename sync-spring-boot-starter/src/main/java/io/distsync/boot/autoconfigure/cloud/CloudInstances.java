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
import org.jspecify.annotations.Nullable;

/** The available instances of services in the types of Spring Cloud, made once for each list. Safe to share between threads. */
final class CloudInstances {

    private record Made(List<ServiceInstance> from, List<org.springframework.cloud.client.ServiceInstance> instances) {}

    private final SyncRegistry registry;
    private final Duration patience;
    private final Map<String, Made> made = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Void>> waits = new ConcurrentHashMap<>();

    /** @param patience how long those wait who ask for a service before it has been read from the store */
    CloudInstances(SyncRegistry registry, Duration patience) {
        this.registry = registry;
        this.patience = patience;
    }

    /** What is known now; none of a service whose name the registry does not take: that one is another library's. */
    List<org.springframework.cloud.client.ServiceInstance> known(String service) {
        ServiceView view = view(service);
        if (view == null) {
            return List.of();
        }
        List<ServiceInstance> available = view.available();
        Made last = made.get(service);
        if (last == null || last.from() != available) {
            last = new Made(available, CloudInstance.all(available));
            made.put(service, last);
        }
        return last.instances();
    }

    /**
     * Completes when the service has been read from the store, or that has taken too long. There is one such wait for a
     * service, which its first callers share: while the store is away, other services would be as slow as that otherwise.
     *
     * @return {@code null} if there is nothing to wait for
     */
    @Nullable
    CompletableFuture<Void> loading(String service) {
        ServiceView view = view(service);
        if (view == null || isRead(view)) {
            return null;
        }
        CompletableFuture<Void> wait = waits.computeIfAbsent(
                service,
                first -> view.whenCurrent()
                        .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
                        .handle((current, failure) -> null));
        return wait.isDone() ? null : wait;
    }

    /** It has been, though that may be long ago. */
    private static boolean isRead(ServiceView view) {
        return !view.snapshot().version().equals(Version.ABSENT) || view.status() instanceof FeedStatus.Current;
    }

    private @Nullable ServiceView view(String service) {
        try {
            return registry.instances(service);
        } catch (IllegalArgumentException notAName) {
            return null;
        }
    }

    /** What is known, after a wait for the first word of the store. */
    List<org.springframework.cloud.client.ServiceInstance> await(String service) {
        CompletableFuture<Void> loading = loading(service);
        if (loading != null) {
            try {
                Void unused = loading.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a wait cannot fail", e);
            }
        }
        return known(service);
    }

    /** The services that were asked for here. The store keeps no list of all. */
    List<String> services() {
        return made.keySet().stream().sorted().toList();
    }
}
