package io.distsync.backend.redis;

import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The masters of a Redis Cluster, each with connections of its own. The map of slots is read anew every half minute, and
 * soon after anything suggests that it has changed: a refusal, or a server that cannot be reached.
 */
final class Cluster implements Topology {

    /*
     * Threads. The map is read by the driver and taken over on the scheduler's thread, the only one that makes and closes
     * servers. `slots` is replaced as a whole; callers read it.
     */

    private static final Logger log = LoggerFactory.getLogger(Cluster.class);

    private static final Duration REFRESH = Duration.ofSeconds(30);
    private static final Duration SOON = Duration.ofMillis(100);
    private static final Duration WHILE_UNREACHABLE = Duration.ofMillis(500);

    private final RedisClusterClient client;
    private final RedisURI template;
    private final Function<RedisURI, Server> make;
    private final Runnable changed;
    private final Scheduler scheduler;
    private final Instant startedAt;

    private final AtomicBoolean refreshing = new AtomicBoolean();
    private final CompletableFuture<Void> known = new CompletableFuture<>();
    private volatile @Nullable Server[] slots = new Server[SlotHash.SLOT_COUNT];
    private volatile Map<String, Server> servers = Map.of();
    private volatile boolean closed;

    /**
     * @param template how nodes are spoken to
     * @param make makes a server that is not yet started
     * @param changed called after slots have moved
     */
    Cluster(
            RedisClusterClient client,
            RedisURI template,
            Function<RedisURI, Server> make,
            Runnable changed,
            Scheduler scheduler,
            TimeSource time) {
        this.client = client;
        this.template = template;
        this.make = make;
        this.changed = changed;
        this.scheduler = scheduler;
        startedAt = time.instant();
    }

    @Override
    public void start() {
        scheduler.schedule(this::refresh, Duration.ZERO);
        scheduler.schedule(this::refreshRegularly, WHILE_UNREACHABLE);
    }

    @Override
    public @Nullable Server at(int slot) {
        return slots[slot];
    }

    @Override
    public CompletionStage<Void> known() {
        return known;
    }

    @Override
    public void misled() {
        if (!closed && refreshing.compareAndSet(false, true)) {
            scheduler.schedule(this::refreshNow, SOON);
        }
    }

    private void refreshRegularly() {
        if (!closed) {
            refresh();
            scheduler.schedule(this::refreshRegularly, unreachableSince() == null ? REFRESH : WHILE_UNREACHABLE);
        }
    }

    private void refresh() {
        if (!closed && refreshing.compareAndSet(false, true)) {
            refreshNow();
        }
    }

    private void refreshNow() {
        CompletionStage<Void> reading;
        try {
            reading = client.refreshPartitionsAsync();
        } catch (RuntimeException e) {
            reading = CompletableFuture.failedFuture(e);
        }
        reading.whenComplete((done, failure) -> scheduler.schedule(
                () -> {
                    refreshing.set(false);
                    if (failure == null) {
                        adopt(client.getPartitions());
                    } else {
                        log.debug("the cluster's map cannot be read", failure);
                    }
                    known.complete(null);
                },
                Duration.ZERO));
    }

    /** Takes the map over: connects to new masters, and leaves those that are none any more. */
    private void adopt(Partitions partitions) {
        if (closed) {
            return;
        }
        @Nullable Server[] now = new Server[SlotHash.SLOT_COUNT];
        Map<String, Server> kept = new HashMap<>();
        Set<Server> added = new HashSet<>();
        for (RedisClusterNode node : partitions) {
            if (node.hasNoSlots() || node.is(RedisClusterNode.NodeFlag.FAIL)) {
                continue;
            }
            RedisURI uri = RedisURI.builder(template).build();
            uri.setHost(node.getUri().getHost());
            uri.setPort(node.getUri().getPort());
            Server server = kept.computeIfAbsent(uri.getHost() + ":" + uri.getPort(), name -> {
                Server existing = servers.get(name);
                if (existing != null) {
                    return existing;
                }
                Server made = make.apply(uri);
                added.add(made);
                return made;
            });
            node.forEachSlot(slot -> now[slot] = server);
        }
        Map<String, Server> before = servers;
        servers = Map.copyOf(kept);
        slots = now;
        if (closed) {
            return; // close() may have missed those that are new; they were not started
        }
        added.forEach(Server::start);
        changed.run();
        before.forEach((name, server) -> {
            if (!kept.containsKey(name)) {
                LogEvent.STORE_DEMOTED.on(log).log("Redis at {} is no master of the cluster any more", name);
                var unused = server.close();
            }
        });
    }

    @Override
    public @Nullable Instant unreachableSince() {
        Map<String, Server> all = servers;
        return all.isEmpty()
                ? startedAt
                : all.values().stream()
                        .map(Server::unreachableSince)
                        .filter(Objects::nonNull)
                        .min(Instant::compareTo)
                        .orElse(null);
    }

    @Override
    public Map<String, String> details() {
        Map<String, String> details = new LinkedHashMap<>();
        Map<String, Server> all = servers;
        details.put("masters", String.valueOf(all.size()));
        for (Server server : all.values()) {
            ServerInfo info = server.info();
            if (info != null) {
                details.putAll(info.details());
            }
        }
        return details;
    }

    @Override
    public CompletableFuture<Void> close() {
        closed = true;
        known.complete(null);
        return CompletableFuture.allOf(
                servers.values().stream().map(Server::close).toArray(CompletableFuture[]::new));
    }
}
