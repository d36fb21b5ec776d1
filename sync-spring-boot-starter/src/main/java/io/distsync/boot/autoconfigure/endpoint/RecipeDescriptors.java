package io.distsync.boot.autoconfigure.endpoint;

import io.distsync.election.ElectionStatus;
import io.distsync.election.Leader;
import io.distsync.lease.HoldStatus;
import io.distsync.registry.ServiceInstance;
import io.distsync.registry.ServiceView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.SanitizableData;

/** The recipes of this node as the endpoint shows them. */
public final class RecipeDescriptors {

    private RecipeDescriptors() {}

    /**
     * A lock or a semaphore, as far as this node has to do with it.
     *
     * @param waiting how many wait for it here
     */
    public record HoldDescriptor(String name, List<GrantDescriptor> held, int waiting) {

        static HoldDescriptor of(HoldStatus status) {
            return new HoldDescriptor(
                    status.name(),
                    status.grants().stream().map(GrantDescriptor::of).toList(),
                    status.waiting());
        }
    }

    /**
     * What is held here; more than one of a name if it is shared.
     *
     * @param token the fencing token as text
     * @param remainingMillis for how long it is valid if it is not renewed
     */
    public record GrantDescriptor(String token, Instant since, long remainingMillis) {

        static GrantDescriptor of(HoldStatus.Grant grant) {
            return new GrantDescriptor(
                    grant.token().toString(), grant.since(), grant.remaining().toMillis());
        }
    }

    /**
     * An election that this node takes part in, or observes.
     *
     * @param leader as last known
     * @param leading whether this node leads for certain
     */
    public record ElectionDescriptor(String name, @Nullable LeaderDescriptor leader, boolean leading) {

        static ElectionDescriptor of(ElectionStatus status) {
            return new ElectionDescriptor(status.name(), LeaderDescriptor.of(status.leader()), status.term() != null);
        }
    }

    /**
     * A leader.
     *
     * @param token the fencing token as text
     */
    public record LeaderDescriptor(String owner, int priority, String token, Instant since) {

        static @Nullable LeaderDescriptor of(@Nullable Leader leader) {
            return leader == null
                    ? null
                    : new LeaderDescriptor(
                            leader.owner(), leader.priority(), leader.token().toString(), leader.since());
        }
    }

    /**
     * A service that this node follows.
     *
     * @param status of the list: {@code CURRENT}, {@code STALE} or {@code RESYNCING}
     */
    public record ServiceViewDescriptor(String name, String status, List<InstanceDescriptor> instances) {

        static ServiceViewDescriptor of(ServiceView view, Map<String, Instant> ejected, boolean showValues) {
            return new ServiceViewDescriptor(
                    view.service(),
                    view.status().state().name(),
                    view.all().stream()
                            .map(each -> InstanceDescriptor.of(each, ejected.get(each.id()), showValues))
                            .toList());
        }
    }

    /**
     * An instance of a service.
     *
     * @param metadata with asterisks for values that may not be seen
     * @param ejectedUntil until when a balancer of this node gives it no calls
     */
    public record InstanceDescriptor(
            String id,
            String host,
            int port,
            String status,
            int weight,
            String pool,
            String zone,
            Map<String, String> metadata,
            @Nullable Instant ejectedUntil) {

        static InstanceDescriptor of(ServiceInstance instance, @Nullable Instant ejectedUntil, boolean showValues) {
            Map<String, String> metadata = new TreeMap<>(instance.metadata());
            if (!showValues) {
                metadata.replaceAll((key, value) -> SanitizableData.SANITIZED_VALUE);
            }
            return new InstanceDescriptor(
                    instance.id(),
                    instance.host(),
                    instance.port(),
                    instance.status().name(),
                    instance.weight(),
                    instance.pool(),
                    instance.zone(),
                    metadata,
                    ejectedUntil);
        }
    }
}
