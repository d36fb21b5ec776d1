package io.distsync.backend.kafka;

import io.distsync.backend.BackendInfo;
import io.distsync.backend.Change;
import io.distsync.backend.ChangeListener;
import io.distsync.backend.Commit;
import io.distsync.backend.CommitResult;
import io.distsync.backend.History;
import io.distsync.backend.Lease;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.SyncBackend;
import io.distsync.backend.redis.Outbox;
import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps topics in Redis, as {@link RedisSyncBackend} does, and broadcasts their changes by Kafka: for followers on other
 * nodes, and for whoever else reads them there. Redis holds the truth. A commit is one when Redis has it, whatever becomes of
 * Kafka; its broadcast follows, and is caught up by any node if whoever made it is gone.
 *
 * <p>Each change is a record (docs/kafka.md says what it looks like). Those of one topic are in one partition, and nearly
 * always in their order; they may come twice, and out of order after a failure or from several nodes. Followers of a
 * backend see neither: what does not fit they ask Redis for, as well as what has not come within a second.
 *
 * <p>Kafka may be away when the backend is made, and later; followers read from Redis then, and {@link #info()} says so.
 */
public final class KafkaSyncBackend implements SyncBackend {

    /*
     * Threads. Commits are sent by the thread of the Redis driver that brings their result, after whoever waits was told.
     * One thread reads records and calls followers (RecordFeed); one scheduler's thread looks after topics and brokers; the
     * producer and the admin client have theirs. Nothing here blocks but close().
     */

    private static final Logger log = LoggerFactory.getLogger(KafkaSyncBackend.class);

    private final RedisSyncBackend store;
    private final Carrier carrier;
    private final Scheduler scheduler;
    private final Outbox outbox;
    private final Duration brokerWait;

    private KafkaSyncBackend(Builder builder) {
        ClientConfig clients = builder.clients();
        TopicNames names = new TopicNames(builder.store.prefix(), builder.topics);
        scheduler = Scheduler.givenOrThreaded(builder.scheduler, "distsync-kafka");
        brokerWait = builder.brokerWait;
        carrier = new Carrier(clients, names, builder.targets(clients), scheduler, builder.time);
        try {
            store = builder.store.broadcaster(carrier).build();
        } catch (RuntimeException e) {
            scheduler.close();
            throw e;
        }
        outbox = store.outbox();
        try {
            carrier.start(outbox);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * A backend on a store that was not built yet; this one builds and closes it.
     *
     * @param store where topics are kept
     * @param config of Kafka's clients, as its documentation names the settings: {@code bootstrap.servers}, and what it
     *     takes to be let in
     */
    public static Builder builder(RedisSyncBackend.Builder store, Map<String, ?> config) {
        return new Builder(store, config);
    }

    @Override
    public CompletionStage<Page> read(String topic, Selection selection) {
        return store.read(topic, selection);
    }

    @Override
    public CompletionStage<CommitResult> commit(Commit commit) {
        CompletableFuture<CommitResult> told = new CompletableFuture<>();
        store.commit(commit).whenComplete((result, failure) -> {
            if (result == null) {
                told.completeExceptionally(Objects.requireNonNull(failure));
                return;
            }
            List<Change> changes = changes(commit, result);
            if (changes.isEmpty() || brokerWait.isZero()) {
                told.complete(result);
            }
            try {
                if (!changes.isEmpty()) {
                    tellAfter(carrier.send(commit.topic(), changes), told, result);
                }
            } catch (RuntimeException e) { // committed is committed
                LogEvent.BROADCAST_HANDOVER_FAILED
                        .on(log)
                        .setCause(e)
                        .log("topic '{}': a commit could not be handed to Kafka", commit.topic());
                told.complete(result);
            }
        });
        return told;
    }

    private void tellAfter(CompletableFuture<Boolean> sent, CompletableFuture<CommitResult> told, CommitResult result) {
        if (!told.isDone() && !sent.isDone()) {
            Scheduler.Cancellable late = scheduler.schedule(() -> told.complete(result), brokerWait);
            var unused = sent.whenComplete((arrived, failure) -> {
                late.cancel();
                told.complete(result);
            });
        } else {
            told.complete(result);
        }
    }

    private static List<Change> changes(Commit commit, CommitResult result) {
        if (!(result instanceof CommitResult.Committed committed)) {
            return List.of();
        }
        List<Change> changes = new ArrayList<>(committed.outcomes().size());
        boolean withPayloads = commit.options().logPayloads();
        for (Change change : committed.outcomes()) {
            if (change != null) {
                changes.add(withPayloads ? change : change.withoutPayload());
            }
        }
        return changes;
    }

    @Override
    public CompletionStage<History> history(String topic, Version after, int limit) {
        return store.history(topic, after, limit);
    }

    @Override
    public Subscription follow(String topic, Version after, Scope scope, ChangeListener listener) {
        Subscription subscription = store.follow(topic, after, scope, listener);
        carrier.follow(topic);
        AtomicBoolean ended = new AtomicBoolean();
        return () -> {
            if (ended.compareAndSet(false, true)) {
                carrier.unfollow(topic);
            }
            subscription.close();
        };
    }

    @Override
    public CompletionStage<List<Lease>> keepAlive(Collection<Lease> leases) {
        return store.keepAlive(leases);
    }

    @Override
    public @Nullable Version foresee(Version head, Commit commit, int mutation) {
        return store.foresee(head, commit, mutation);
    }

    @Override
    public BackendInfo info() {
        BackendInfo info = store.info();
        return new BackendInfo(
                "kafka",
                info.serializes(),
                info.maxPayloadBytes(),
                info.unreachableSince(),
                info.details(),
                carrier.info(outbox.waiting()));
    }

    /**
     * Waits until every Kafka topic was looked at, made where it was missing, and can be sent to if it is usable, or a broker
     * failed to answer once. What is committed before has to wait for its broadcast for two seconds.
     *
     * @param patience how long brokers are given to answer
     * @return why a Kafka topic cannot be used, or {@code null} if all can, or no broker answered
     */
    public @Nullable String awaitTopics(Duration patience) throws InterruptedException {
        try {
            carrier.looked().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return carrier.refusal();
        } catch (ExecutionException e) {
            throw new IllegalStateException("never fails", e);
        }
        return carrier.refusal();
    }

    /** For tests. */
    Carrier carrier() {
        return carrier;
    }

    /** What is being sent is given two seconds to arrive if there is a broker; what does not stays in the outbox. */
    @Override
    public void close() {
        scheduler.close();
        try {
            carrier.close();
        } finally {
            store.close();
        }
    }

    /** Settings of a Kafka backend. */
    public static final class Builder {

        private final RedisSyncBackend.Builder store;
        private final Map<String, Object> config;
        private Map<String, Object> producer;
        private Map<String, Object> consumer;
        private Set<String> topics = Set.of();
        private boolean createTopics = true;
        private int partitions = 6;
        private @Nullable Short replication;
        private @Nullable Duration retention;
        private Duration brokerWait = Duration.ZERO;
        private Duration heartbeat = Duration.ofSeconds(1);
        private TimeSource time = TimeSource.system();
        private @Nullable Scheduler scheduler;

        private Builder(RedisSyncBackend.Builder store, Map<String, ?> config) {
            this.store = Objects.requireNonNull(store, "store");
            this.config = Map.copyOf(config);
            this.producer = this.config;
            this.consumer = this.config;
        }

        /**
         * Settings of the producer in place of those for all clients. Some are always set: {@code acks=all}, idempotence,
         * no waiting in {@code send}; {@code linger.ms} is 0 unless it is given.
         */
        public Builder producer(Map<String, ?> value) {
            producer = Map.copyOf(value);
            return this;
        }

        /** Settings of the consumer in place of those for all clients. Those of groups and offsets are always set. */
        public Builder consumer(Map<String, ?> value) {
            consumer = Map.copyOf(value);
            return this;
        }

        /**
         * Topics that have a Kafka topic of their own; all others share one. Every node has to name the same: changes of a
         * topic that is looked for elsewhere are read from Redis, a second later.
         */
        public Builder topics(Set<String> value) {
            topics = Set.copyOf(value);
            return this;
        }

        /** Whether Kafka topics that are missing are made; if not, they are refused. */
        public Builder createTopics(boolean value) {
            createTopics = value;
            return this;
        }

        /** How many partitions the shared Kafka topic is made with; those of one topic get one, which keeps its order. */
        public Builder partitions(int value) {
            if (value < 1 || value > 10_000) {
                throw new IllegalArgumentException("partitions must be from 1 to 10000, but is " + value);
            }
            partitions = value;
            return this;
        }

        /** How many replicas Kafka topics are made with; what the brokers do by default if it is not set. */
        public Builder replicationFactor(int value) {
            if (value < 1 || value > Short.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "replicationFactor must be from 1 to " + Short.MAX_VALUE + ", but is " + value);
            }
            replication = (short) value;
            return this;
        }

        /** How long Kafka topics that are made keep records; what the brokers do by default if it is not set. */
        public Builder retention(Duration value) {
            if (value.toMillis() < 1) {
                throw new IllegalArgumentException("retention must be at least 1 ms, but is " + value);
            }
            retention = value;
            return this;
        }

        /**
         * Makes each commit wait for its broadcast, but no longer than this: it is committed anyway, and a broker that is
         * away delays it and does no more. Not at all by default.
         */
        public Builder waitForBroker(Duration longest) {
            if (longest.isNegative() || longest.compareTo(Duration.ofMinutes(5)) > 0) {
                throw new IllegalArgumentException("waitForBroker must be from 0 to 5 minutes, but is " + longest);
            }
            brokerWait = longest;
            return this;
        }

        /** How often the brokers are asked for a sign of life; silence shows after twice this. */
        public Builder heartbeat(Duration value) {
            if (value.compareTo(Duration.ofMillis(10)) < 0 || value.compareTo(Duration.ofMinutes(1)) > 0) {
                throw new IllegalArgumentException("heartbeat must be from 10 ms to 1 minute, but is " + value);
            }
            heartbeat = value;
            return this;
        }

        /** For {@link BackendInfo#broadcast()}. */
        public Builder time(TimeSource value) {
            time = Objects.requireNonNull(value, "time");
            return this;
        }

        /** What looks after brokers and topics; stays the caller's to close. If not set, there is a thread for it. */
        public Builder scheduler(Scheduler value) {
            scheduler = Objects.requireNonNull(value, "scheduler");
            return this;
        }

        /**
         * Makes the backend, which begins to connect and returns without waiting for it.
         *
         * @throws org.apache.kafka.common.KafkaException if Kafka's clients do not take their settings
         */
        public KafkaSyncBackend build() {
            return new KafkaSyncBackend(this);
        }

        private ClientConfig clients() {
            return new ClientConfig(config, producer, consumer, store.maxPayloadBytes());
        }

        private Targets.Settings targets(ClientConfig clients) {
            return new Targets.Settings(
                    createTopics, partitions, replication, retention, clients.maxRecordBytes(), heartbeat);
        }
    }
}
