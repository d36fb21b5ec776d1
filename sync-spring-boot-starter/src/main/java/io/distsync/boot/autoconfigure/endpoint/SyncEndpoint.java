package io.distsync.boot.autoconfigure.endpoint;

import io.distsync.FeedStatus;
import io.distsync.SyncService;
import io.distsync.SyncStatus;
import io.distsync.backend.BackendInfo;
import io.distsync.backend.FeedState;
import io.distsync.boot.SyncListenerRegistry;
import io.distsync.boot.autoconfigure.ViewAge;
import io.distsync.boot.autoconfigure.endpoint.RecipeDescriptors.ElectionDescriptor;
import io.distsync.boot.autoconfigure.endpoint.RecipeDescriptors.HoldDescriptor;
import io.distsync.boot.autoconfigure.endpoint.RecipeDescriptors.ServiceViewDescriptor;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/** Shows what the service is doing: its topics with their versions, feeds and listeners, and what recipes of this node have. */
@Endpoint(id = "sync")
public final class SyncEndpoint {

    /** As many topics as an answer holds if the request does not say otherwise. */
    static final int DEFAULT_LIMIT = 1_000;

    private final SyncService service;
    private final Supplier<@Nullable SyncListenerRegistry> listeners;
    private final Recipes recipes;
    private final Show showValues;
    private final TimeSource time;

    /**
     * An endpoint for one service.
     *
     * @param listeners where the listener methods are known, if there are any
     * @param recipes on that service
     */
    public SyncEndpoint(
            SyncService service,
            Supplier<@Nullable SyncListenerRegistry> listeners,
            Recipes recipes,
            Show showValues,
            TimeSource time) {
        this.service = service;
        this.listeners = listeners;
        this.recipes = recipes;
        this.showValues = showValues;
        this.time = time;
    }

    /**
     * All topics without their values, and all that the recipes have.
     *
     * @param prefix of the topics wanted; all if {@code null}
     * @param limit most topics to show, and most of each other kind; 1,000 if {@code null}
     */
    @ReadOperation
    public ServiceDescriptor service(@Nullable String prefix, @Nullable Integer limit) {
        SyncStatus status = service.status();
        Instant now = time.instant();
        List<HoldDescriptor> held = recipes.held();
        int most = limit == null ? DEFAULT_LIMIT : Math.max(0, limit);
        String wanted = prefix == null ? "" : prefix;
        List<TopicSummary> topics = status.topics().stream()
                .filter(topic -> topic.name().startsWith(wanted))
                .limit(most)
                .map(topic -> TopicSummary.of(topic, now))
                .toList();
        return new ServiceDescriptor(
                status.backend().name(),
                status.backend().details(),
                status.backend().unreachableSince(),
                BroadcastDescriptor.of(status.backend().broadcast()),
                status.topics().size(),
                status.followedTopics(),
                status.pendingUpdates(),
                topics,
                listenerMethods(),
                held.size(),
                held.stream().limit(most).toList(),
                recipes.permits().stream().limit(most).toList(),
                recipes.leaders().stream().limit(most).toList(),
                recipes.services(showValues.isShown(false)).stream().limit(most).toList());
    }

    /** One topic with its listeners, and with its value if values are shown to everybody with access. */
    @ReadOperation
    public @Nullable TopicDescriptor topic(@Selector(match = Selector.Match.ALL_REMAINING) String... name) {
        return topic(String.join("/", name), showValues.isShown(true));
    }

    @Nullable
    TopicDescriptor topic(String name, boolean showValue) {
        return service.status().topics().stream()
                .filter(topic -> topic.name().equals(name))
                .findFirst()
                .map(topic -> TopicDescriptor.of(topic, time.instant(), showValue))
                .orElse(null);
    }

    private Map<String, String> listenerMethods() {
        SyncListenerRegistry registry = listeners.get();
        Map<String, String> methods = new TreeMap<>();
        if (registry != null) {
            registry.ids().forEach(id -> methods.put(id, registry.isRunning(id) ? "RUNNING" : "STOPPED"));
        }
        return methods;
    }

    /**
     * The service.
     *
     * @param broadcast what carries changes to other nodes, if the store does not
     * @param topicCount of all topics, shown or not
     * @param listenerMethods whether each {@code @SyncListener} method is running, by its id
     * @param lockCount of all locks held here or waited for, shown or not
     * @param locks by name
     * @param semaphores by name
     * @param elections that are joined or observed here, by name
     * @param services that are followed here, by name
     */
    public record ServiceDescriptor(
            String mode,
            Map<String, String> details,
            @Nullable Instant unreachableSince,
            @Nullable BroadcastDescriptor broadcast,
            int topicCount,
            long followedTopics,
            long pendingUpdates,
            List<TopicSummary> topics,
            Map<String, String> listenerMethods,
            int lockCount,
            List<HoldDescriptor> locks,
            List<HoldDescriptor> semaphores,
            List<ElectionDescriptor> elections,
            List<ServiceViewDescriptor> services)
            implements OperationResponseBody {}

    /**
     * How the system fares that carries changes to other nodes.
     *
     * @param pending commits that are not known to be broadcast
     * @param problem why something is not broadcast though the system answers
     */
    public record BroadcastDescriptor(
            String system,
            @Nullable Instant unreachableSince,
            long pending,
            @Nullable String problem) {

        static @Nullable BroadcastDescriptor of(BackendInfo.@Nullable Broadcast broadcast) {
            return broadcast == null
                    ? null
                    : new BroadcastDescriptor(
                            broadcast.system(), broadcast.unreachableSince(), broadcast.pending(), broadcast.problem());
        }
    }

    /** A topic in a list. */
    public record TopicSummary(
            String name,
            String type,
            VersionDescriptor version,
            FeedDescriptor feed,
            int pendingUpdates,
            int listeners) {

        static TopicSummary of(SyncStatus.TopicStatus topic, Instant now) {
            return new TopicSummary(
                    topic.name(),
                    topic.type(),
                    VersionDescriptor.of(topic.version()),
                    FeedDescriptor.of(topic, now),
                    topic.pendingUpdates(),
                    topic.listeners().size());
        }
    }

    /**
     * A topic.
     *
     * @param value the newest value known, or asterisks if it may not be seen
     */
    public record TopicDescriptor(
            String name,
            String type,
            VersionDescriptor version,
            @Nullable Object value,
            FeedDescriptor feed,
            int pendingUpdates,
            List<SyncStatus.ListenerStatus> listeners)
            implements OperationResponseBody {

        static TopicDescriptor of(SyncStatus.TopicStatus topic, Instant now, boolean showValue) {
            Object value = topic.value();
            return new TopicDescriptor(
                    topic.name(),
                    topic.type(),
                    VersionDescriptor.of(topic.version()),
                    value == null || showValue ? value : SanitizableData.SANITIZED_VALUE,
                    FeedDescriptor.of(topic, now),
                    topic.pendingUpdates(),
                    topic.listeners());
        }
    }

    /** A version; the link as hexadecimal text, because JSON numbers do not hold it exactly. */
    public record VersionDescriptor(long epoch, long revision, String link) {

        static VersionDescriptor of(Version version) {
            return new VersionDescriptor(version.epoch(), version.revision(), Long.toHexString(version.link()));
        }
    }

    /**
     * How the local view stands.
     *
     * @param status a {@link FeedState}, or {@code NOT_FOLLOWED}
     * @param since since when it is not current
     * @param position how far it has got, which may be less than the newest version this node knows
     * @param viewAgeMillis for how long it has not been current, 0 while it is
     */
    public record FeedDescriptor(
            String status,
            @Nullable Instant since,
            @Nullable Instant currentAsOf,
            @Nullable VersionDescriptor position,
            @Nullable Long viewAgeMillis) {

        static FeedDescriptor of(SyncStatus.TopicStatus topic, Instant now) {
            FeedStatus feed = topic.feed();
            Version position = topic.position();
            if (feed == null || position == null) {
                return new FeedDescriptor("NOT_FOLLOWED", null, null, null, null);
            }
            return new FeedDescriptor(
                    feed.state().name(),
                    ViewAge.notCurrentSince(feed),
                    topic.currentAsOf(),
                    VersionDescriptor.of(position),
                    ViewAge.of(topic, now).toMillis());
        }
    }
}
