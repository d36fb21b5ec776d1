package io.distsync.backend.redis;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.LeaseRule;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.Scripts.Kind;
import io.distsync.backend.support.Follower;
import io.distsync.error.ServiceClosedException;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps topics in Redis: each commit is one script, which checks, writes, logs and announces it in one step. Several
 * processes with a backend of the same server and prefix share their topics.
 *
 * <p>Needs Redis 6.2 or newer, on Cluster 7.0. How durable a commit is when its stage completes is the server's matter ({@code
 * appendfsync}, replicas); {@link #info()} says what is known of it.
 *
 * <p>The connections are this backend's own: to each server one for commands, one for channels, and one more if commits
 * wait for replicas. If one breaks, what was under way on all of them fails (a commit as unknown, anything else as not
 * applied), and others are opened with a growing, jittered pause until {@link #close()}. The server may be away when the
 * backend is made.
 */
public final class RedisSyncBackend implements SyncBackend {

    /*
     * Threads. Callers encode and send; the driver's threads decode and complete stages, and hand the messages of
     * channels to followers. One scheduler thread opens and watches the connections, sweeps, verifies heads in rotation,
     * and runs the pauses of followers. Nothing here blocks.
     */

    private static final Logger log = LoggerFactory.getLogger(RedisSyncBackend.class);

    private static final int LEASES_A_CALL = 100;

    /** A few milliseconds' work for a server. */
    private static final int READS_OF_FOLLOWERS = 128;

    private final Names names;
    private final Scheduler scheduler;
    private final int maxPayloadBytes;
    private final Feeds feeds;
    private final Turns turns = new Turns(READS_OF_FOLLOWERS);
    private final Topology topology;
    private final @Nullable Outbox outbox;
    private final Sweeper sweeper;
    private final Runnable release;
    private volatile boolean closed;

    private RedisSyncBackend(Builder builder) {
        names = new Names(
                builder.prefix, builder.cluster != null, builder.uri.getDatabase(), builder.broadcaster != null);
        scheduler = Scheduler.givenOrThreaded(builder.scheduler, "distsync-redis");
        maxPayloadBytes = builder.maxPayloadBytes;
        release = builder.release;
        feeds = new Feeds(names, builder.broadcaster, scheduler);
        topology = topology(builder);
        feeds.follow(topology);
        outbox =
                builder.broadcaster == null ? null : new Outbox(topology, names, feeds, builder.broadcaster, scheduler);
        sweeper = new Sweeper(
                topology,
                names,
                feeds,
                builder.sweep,
                builder.heartbeat,
                builder.server().longestAbsence(),
                outbox,
                scheduler);
        topology.start();
        sweeper.start();
    }

    private Topology topology(Builder builder) {
        RedisClusterClient cluster = builder.cluster;
        Scripts scripts = new Scripts(
                builder.prefix, names.channelPrefix(), cluster != null, builder.broadcaster != null, builder.seam);
        Function<RedisURI, Server> servers = uri -> new Server(
                new Connector(builder.client, uri),
                scripts,
                builder.server(),
                scheduler,
                builder.time,
                feeds,
                cluster != null,
                this::misled);
        return cluster == null
                ? new Standalone(servers.apply(builder.uri))
                : new Cluster(cluster, builder.uri, servers, feeds::settle, scheduler, builder.time);
    }

    private void misled() {
        topology.misled();
    }

    /**
     * A backend with a client of its own.
     *
     * @param uri a server, or the sentinels that know it
     */
    public static Builder builder(RedisURI uri) {
        RedisClient client = RedisClient.create();
        client.setOptions(safe(ClientOptions.create()));
        return new Builder(client, uri, null, client::close);
    }

    /**
     * A backend on a client that stays the caller's to shut down.
     *
     * @param client must not reconnect by itself, see {@link #safe}
     * @param uri a server, or the sentinels that know it
     * @throws IllegalArgumentException if the client reconnects by itself: it would send commands again that were
     *     carried out
     */
    public static Builder builder(RedisClient client, RedisURI uri) {
        if (client.getOptions().isAutoReconnect()) {
            throw new IllegalArgumentException(
                    "the client's autoReconnect must be off, because the driver repeats commands on a new connection;"
                            + " RedisSyncBackend.safe(options) turns it off");
        }
        return new Builder(client, uri, null, () -> {});
    }

    /**
     * A backend on a Redis Cluster of version 7.0 or newer.
     *
     * @param cluster knows the nodes and is asked for the map of slots only; stays the caller's to shut down. Connections
     *     to the nodes are opened with its resources and options, reconnecting apart.
     * @param seed says how nodes are spoken to: credentials, TLS, client name, timeout; its address does not matter
     */
    public static Builder builder(RedisClusterClient cluster, RedisURI seed) {
        RedisClient client = RedisClient.create(cluster.getResources());
        client.setOptions(safe(cluster.getOptions()));
        RedisURI template = RedisURI.builder(seed).build();
        template.setDatabase(0);
        return new Builder(client, template, cluster, client::close);
    }

    /** The same options, with what a backend needs: the driver neither reconnects nor repeats. */
    public static ClientOptions safe(ClientOptions options) {
        return options.mutate()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .build();
    }

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        Limits.checkTopic(topic);
        if (!CommonCommit.isCommon(selection)) {
            return readAny(topic, selection);
        }
        return reading(
                topic,
                server -> server.run(Kind.PAGE, names.pageKeys(topic), Arguments.page(topic, selection))
                        .thenCompose(reply -> Replies.isLeft(reply)
                                ? readAny(topic, selection)
                                : CompletableFuture.completedFuture(Replies.read(topic, reply))));
    }

    private CompletionStage<Page> readAny(String topic, Selection selection) {
        return run(Kind.READ, topic, Arguments.read(topic, selection), Replies::read);
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        Limits.checkTopic(commit.topic());
        long bytes = commit.payloadBytes();
        if (bytes > maxPayloadBytes) {
            throw new IllegalArgumentException("payloads of a commit may have at most " + maxPayloadBytes
                    + " bytes, but this one for topic '" + commit.topic() + "' has " + bytes);
        }
        int slot = names.slot(commit.topic());
        if (outbox != null) {
            var unused = sweeper.announce(slot); // so that others look into the outbox of the slot
        }
        return mayBecomeDue(commit)
                ? told(commit.topic(), sweeper.announce(slot), Failures::ofRead).thenCompose(done -> send(commit))
                : send(commit);
    }

    @Override
    public @Nullable Version foresee(Version head, Commit commit, int mutation) {
        return head.isAbsent() ? null : Versions.following(head, commit.request(), mutation);
    }

    private CompletionStage<CommitResult> send(Commit commit) {
        String topic = commit.topic();
        CompletionStage<CommitResult> result = topology.on(names.slot(topic), server -> switch (CommonCommit.of(
                commit)) {
            case PUTS -> tried(server, Kind.PUT, names.putKeys(topic), Arguments.put(commit), commit, Replies::put);
            case OF_A_QUEUE ->
                tried(server, Kind.QUEUE, names.queueKeys(topic), Arguments.queue(commit), commit, Replies::queue);
            case NONE -> send(server, commit);
        });
        return told(topic, result, Failures::ofCommit);
    }

    /** With a script for a common case, which may leave it to the general one. */
    private CompletionStage<CommitResult> tried(
            Server server,
            Kind kind,
            byte[][] keys,
            byte[][] arguments,
            Commit commit,
            BiFunction<Commit, List<?>, CommitResult> reading) {
        return server.run(kind, keys, arguments)
                .thenCompose(reply -> Replies.isLeft(reply)
                        ? send(server, commit)
                        : CompletableFuture.completedFuture(reading.apply(commit, reply)));
    }

    private CompletionStage<CommitResult> send(Server server, Commit commit) {
        return server.run(Kind.COMMIT, names.keys(commit.topic()), Arguments.commit(commit))
                .thenApply(reply -> Replies.commit(commit, reply));
    }

    private boolean mayBecomeDue(Commit commit) {
        return names.isCluster()
                && (commit.options().idleMillis() != Long.MAX_VALUE
                        || commit.mutations().stream().anyMatch(it -> it.lease() instanceof LeaseRule.Set));
    }

    /**
     * The commits that wait for their broadcast.
     *
     * @throws IllegalStateException if no other system broadcasts them
     */
    public Outbox outbox() {
        if (outbox == null) {
            throw new IllegalStateException("a store without a broadcaster has no outbox");
        }
        return outbox;
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit of a history page must be positive, but is " + limit);
        }
        Limits.checkTopic(topic);
        return run(
                Kind.HISTORY,
                topic,
                Arguments.history(topic, after, limit),
                (name, reply) -> Replies.history(name, after, reply));
    }

    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        Limits.checkTopic(topic);
        if (closed) {
            throw new ServiceClosedException("the backend is closed; topic '" + topic + "' is not followed");
        }
        Follower follower = new Follower(
                topic,
                after,
                scope,
                listener,
                selection -> turns.take(() -> read(topic, selection)),
                (position, limit) -> turns.take(() -> history(topic, position, limit)),
                scheduler);
        feeds.add(topic, scope, follower);
        if (closed) {
            follower.close(); // close() may have passed over the feeds before this one was among them
        }
        return () -> {
            feeds.remove(topic, scope, follower);
            follower.close();
        };
    }

    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        Map<Integer, List<Lease>> bySlot = new LinkedHashMap<>();
        for (Lease lease : leases) {
            bySlot.computeIfAbsent(names.slot(Limits.checkTopic(lease.topic())), absent -> new ArrayList<>())
                    .add(lease);
        }
        return each(bySlot.values(), this::renew);
    }

    private static CompletionStage<List<Lease>> each(
            Collection<List<Lease>> groups, Function<List<Lease>, CompletionStage<List<Lease>>> renewal) {
        CompletableFuture<List<Lease>> gone = CompletableFuture.completedFuture(List.of());
        for (List<Lease> group : groups) {
            for (int from = 0; from < group.size(); from += LEASES_A_CALL) {
                List<Lease> some = group.subList(from, Math.min(group.size(), from + LEASES_A_CALL));
                gone = gone.thenCombine(renewal.apply(some), RedisSyncBackend::joined);
            }
        }
        return gone;
    }

    /** Those of one slot; what is not in order is looked at topic by topic. */
    private CompletionStage<List<Lease>> renew(List<Lease> leases) {
        String topic = leases.get(0).topic();
        return reading(
                topic,
                server -> server.run(Kind.RENEW, names.renewKeys(leases), Arguments.renew(leases))
                        .thenCompose(reply -> {
                            Map<String, List<Lease>> left = Replies.notRenewed(topic, leases, reply).stream()
                                    .collect(groupingBy(Lease::topic, LinkedHashMap::new, toList()));
                            return each(left.values(), this::renewInTopic);
                        }));
    }

    private CompletionStage<List<Lease>> renewInTopic(List<Lease> leases) {
        String topic = leases.get(0).topic();
        return run(
                Kind.KEEPALIVE,
                topic,
                Arguments.keepAlive(topic, leases),
                (name, reply) -> Replies.notRenewed(name, leases, reply));
    }

    private static List<Lease> joined(List<Lease> some, List<Lease> others) {
        List<Lease> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    @Override
    public BackendInfo info() {
        return new BackendInfo("redis", true, maxPayloadBytes, topology.unreachableSince(), topology.details());
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        feeds.close();
        CompletableFuture<Void> ended = topology.close();
        scheduler.close();
        awaitBriefly(ended);
        release.run();
    }

    /** Lets connections end before the driver does, which would complain; one that cannot is left to the driver. */
    private static void awaitBriefly(CompletableFuture<Void> ended) {
        try {
            ended.get(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.debug("connections were not closed in time", e);
        }
    }

    /** Runs a script that makes no commit. */
    private <R> CompletionStage<R> run(
            Kind kind, String topic, byte[][] arguments, BiFunction<String, List<?>, R> reading) {
        return reading(
                topic,
                server ->
                        server.run(kind, names.keys(topic), arguments).thenApply(reply -> reading.apply(topic, reply)));
    }

    /** Has the server of a topic do what changes nothing if it fails. */
    private <R> CompletionStage<R> reading(String topic, Function<Server, CompletionStage<R>> use) {
        return closed
                ? CompletableFuture.failedFuture(new ServiceClosedException("the backend is closed"))
                : told(topic, topology.on(names.slot(topic), use), Failures::ofRead);
    }

    /** Whatever went wrong, as the interface of backends names it. */
    private static <R> CompletionStage<R> told(
            String topic, CompletionStage<R> result, BiFunction<String, Throwable, RuntimeException> failing) {
        return result.exceptionallyCompose(failure -> CompletableFuture.failedFuture(failing.apply(topic, failure)));
    }

    /** Settings of a Redis backend. */
    public static final class Builder {

        private final RedisClient client;
        private final RedisURI uri;
        private final @Nullable RedisClusterClient cluster;
        private final Runnable release;
        private String prefix = "";
        private Duration heartbeat = Duration.ofSeconds(1);
        private Duration connectTimeout = Duration.ofSeconds(2);
        private Duration sweep = Duration.ofMillis(500);
        private int replicas;
        private Duration replicaTimeout = Duration.ofMillis(500);
        private int maxPayloadBytes = Limits.DEFAULT_MAX_PAYLOAD_BYTES;
        private TimeSource time = TimeSource.system();
        private @Nullable Scheduler scheduler;
        private @Nullable Broadcaster broadcaster;
        private UnaryOperator<String> seam = UnaryOperator.identity();

        private Builder(RedisClient client, RedisURI uri, @Nullable RedisClusterClient cluster, Runnable release) {
            this.client = client;
            this.uri = uri;
            this.cluster = cluster;
            this.release = release;
        }

        /** Put before every key and channel; keeps applications that share a server apart. */
        public Builder prefix(String value) {
            if (!value.matches("[A-Za-z0-9._:/-]{0,100}")) {
                throw new IllegalArgumentException(
                        "prefix must have at most 100 characters of A-Z a-z 0-9 . _ : / -, but is '" + value + "'");
            }
            prefix = value;
            return this;
        }

        /** How often the connections are tried; a silent one is found within three times this. */
        public Builder heartbeat(Duration value) {
            heartbeat = within(value, "heartbeat", Duration.ofMillis(10), Duration.ofMinutes(1));
            return this;
        }

        /** How long an attempt to connect may take, name resolution, TLS and authentication included. */
        public Builder connectTimeout(Duration value) {
            connectTimeout = within(value, "connectTimeout", Duration.ofMillis(10), Duration.ofMinutes(5));
            return this;
        }

        /**
         * Makes each commit wait until so many replicas have it (Redis's WAIT). Fewer commits are lost in a fail-over then,
         * but some still may be: a replica that confirmed may not be the one that is promoted. A commit that is not
         * confirmed in time has been applied and is reported as unknown; its repeat waits again. Replicas are asked once
         * the server has answered, for all its commits in one go: a commit takes a round trip more, and up to twice the
         * timeout while replicas are silent. Nothing else waits.
         *
         * @param timeout how long they are waited for; at most the heartbeat, because a connection that waits answers
         *     none
         */
        public Builder waitForReplicas(int count, Duration timeout) {
            if (count < 0) {
                throw new IllegalArgumentException("number of replicas must not be negative, but is " + count);
            }
            replicas = count;
            replicaTimeout = within(timeout, "replica timeout", Duration.ofMillis(1), Duration.ofMinutes(1));
            return this;
        }

        /** How often due entries are looked for; an expiry is a change within its time to live and twice this. */
        public Builder sweep(Duration value) {
            sweep = within(value, "sweep", Duration.ofMillis(1), Duration.ofHours(1));
            return this;
        }

        /** Bound of the payload bytes in one commit. */
        public Builder maxPayloadBytes(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("maxPayloadBytes must be positive, but is " + value);
            }
            maxPayloadBytes = value;
            return this;
        }

        /** For {@link BackendInfo#unreachableSince()}. */
        public Builder time(TimeSource value) {
            time = Objects.requireNonNull(value, "time");
            return this;
        }

        /** What runs heartbeats and sweeps; stays the caller's to close. If not set, the backend has a thread of its own. */
        public Builder scheduler(Scheduler value) {
            scheduler = Objects.requireNonNull(value, "scheduler");
            return this;
        }

        /**
         * Lets another system carry changes to followers. All clients of a prefix must have one, and the same; what a client
         * without commits, others are told late and only by the log.
         */
        public Builder broadcaster(Broadcaster value) {
            broadcaster = Objects.requireNonNull(value, "broadcaster");
            return this;
        }

        /** What was set by {@link #prefix(String)}, or nothing. */
        public String prefix() {
            return prefix;
        }

        /** The bound set by {@link #maxPayloadBytes(int)}, or its default. */
        public int maxPayloadBytes() {
            return maxPayloadBytes;
        }

        /** Changes the texts of the scripts; for tests that move the server's clock. */
        Builder seam(UnaryOperator<String> value) {
            seam = value;
            return this;
        }

        /** Makes the backend, which begins to connect and returns without waiting for it. */
        public RedisSyncBackend build() {
            if (replicas > 0 && replicaTimeout.compareTo(heartbeat) > 0) {
                throw new IllegalArgumentException(
                        "replica timeout must be at most the heartbeat of " + heartbeat + ", but is " + replicaTimeout);
            }
            return new RedisSyncBackend(this);
        }

        private Server.Settings server() {
            return new Server.Settings(heartbeat, connectTimeout, replicas, replicaTimeout);
        }

        private static Duration within(Duration value, String name, Duration least, Duration most) {
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(
                        name + " must be from " + least + " to " + most + ", but is " + value);
            }
            return value;
        }
    }
}
