package io.distsync.boot.autoconfigure.endpoint;

import io.distsync.boot.autoconfigure.endpoint.RecipeDescriptors.ElectionDescriptor;
import io.distsync.boot.autoconfigure.endpoint.RecipeDescriptors.HoldDescriptor;
import io.distsync.boot.autoconfigure.endpoint.RecipeDescriptors.ServiceViewDescriptor;
import io.distsync.election.SyncElections;
import io.distsync.lock.SyncLocks;
import io.distsync.registry.SyncRegistry;
import io.distsync.registry.balance.Balancer;
import io.distsync.registry.balance.Ejection;
import io.distsync.semaphore.SyncSemaphores;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The recipes on a service, each {@code null} if there is none. */
public record Recipes(
        Supplier<@Nullable SyncLocks> locks,
        Supplier<@Nullable SyncSemaphores> semaphores,
        Supplier<@Nullable SyncElections> elections,
        Supplier<@Nullable SyncRegistry> registry,
        Supplier<Stream<Balancer>> balancers) {

    /** No recipes. */
    public static Recipes none() {
        return new Recipes(() -> null, () -> null, () -> null, () -> null, Stream::empty);
    }

    List<HoldDescriptor> held() {
        return Stream.ofNullable(locks.get())
                .flatMap(it -> it.status().stream())
                .map(HoldDescriptor::of)
                .toList();
    }

    List<HoldDescriptor> permits() {
        return Stream.ofNullable(semaphores.get())
                .flatMap(it -> it.status().stream())
                .map(HoldDescriptor::of)
                .toList();
    }

    List<ElectionDescriptor> leaders() {
        return Stream.ofNullable(elections.get())
                .flatMap(it -> it.status().stream())
                .map(ElectionDescriptor::of)
                .toList();
    }

    List<ServiceViewDescriptor> services(boolean showValues) {
        Map<String, Instant> ejected = balancers
                .get()
                .flatMap(balancer -> balancer.ejections().stream())
                .collect(Collectors.toMap(Ejection::instanceId, Ejection::until, Recipes::later));
        return Stream.ofNullable(registry.get())
                .flatMap(it -> it.views().values().stream())
                .map(view -> ServiceViewDescriptor.of(view, ejected, showValues))
                .toList();
    }

    private static Instant later(Instant one, Instant other) {
        return one.isBefore(other) ? other : one;
    }
}
