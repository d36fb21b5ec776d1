package io.distsync.backend.kafka;

import io.distsync.log.LogEvent;
import io.distsync.time.Scheduler;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Kafka topics of a backend: makes those that are missing, refuses those that would lose or refuse what is sent to them,
 * and keeps an eye on the brokers.
 */
final class Targets {

    /*
     * Threads. Everything that changes happens under the monitor of this object; timers run on the scheduler, answers come
     * on the thread of the admin client. Readers see volatile fields. The listener is called without the monitor.
     */

    private static final Logger log = LoggerFactory.getLogger(Targets.class);

    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration SOON = Duration.ofMillis(50);

    /** What fails so often in a row is told, though it may pass. */
    private static final int FAILURES_TO_TELL = 3;

    /**
     * After so many beats, but no more than so long, each topic is looked at again: somebody may have given it more
     * partitions, deleted it, or mended it.
     */
    private static final int BEATS_TO_REFRESH = 30;

    private static final Duration LONGEST_REFRESH = Duration.ofSeconds(30);

    private static final int CALL_MILLIS = 5_000;

    /**
     * How topics are made.
     *
     * @param partitions of the shared topic; those of one topic need no more than one
     * @param replication {@code null} for what the brokers do by default
     * @param retention {@code null} for what the brokers do by default
     */
    record Settings(
            boolean create,
            int partitions,
            @Nullable Short replication,
            @Nullable Duration retention,
            int maxRecordBytes,
            Duration heartbeat) {}

    /** Told of what becomes of a topic. */
    interface Listener {

        /** The topic can be used, or has another number of partitions than before. */
        void ready(Target target);
    }

    /** One Kafka topic. */
    static final class Target {

        private final String name;
        private volatile int partitions;
        private volatile @Nullable String problem;

        /** Of the one chain of looks at this topic: failures in a row, and whether it was just made. */
        private int failures;

        private boolean made;

        private Target(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        /** How many there are, or 0 as long as the topic cannot be used. */
        int partitions() {
            return partitions;
        }
    }

    private final Admin admin;
    private final TopicNames names;
    private final Settings settings;
    private final Scheduler scheduler;
    private final TimeSource time;
    private final Duration refresh;
    private final Listener listener;
    private final Map<String, Target> targets = new LinkedHashMap<>();
    private final CompletableFuture<Void> looked = new CompletableFuture<>();
    private volatile @Nullable Instant unreachableSince;
    private volatile boolean closed;

    Targets(
            Admin admin,
            TopicNames names,
            Settings settings,
            Scheduler scheduler,
            TimeSource time,
            @Nullable Instant unreachableSince,
            Listener listener) {
        this.admin = admin;
        this.names = names;
        this.settings = settings;
        this.scheduler = scheduler;
        this.time = time;
        Duration beats = settings.heartbeat().multipliedBy(BEATS_TO_REFRESH);
        refresh = beats.compareTo(LONGEST_REFRESH) < 0 ? beats : LONGEST_REFRESH;
        this.unreachableSince = unreachableSince;
        this.listener = listener;
        names.all().forEach(name -> targets.put(name, new Target(name)));
    }

    void start() {
        beat();
        targets.values().forEach(this::look);
    }

    /** The Kafka topic of a topic. */
    Target of(String topic) {
        return Objects.requireNonNull(targets.get(names.of(topic)));
    }

    /** The Kafka topics that can be used. */
    List<String> usable() {
        return targets.values().stream()
                .filter(target -> target.partitions > 0)
                .map(Target::name)
                .toList();
    }

    /** Since when no broker has answered, or {@code null} while one does. */
    @Nullable
    Instant unreachableSince() {
        return unreachableSince;
    }

    boolean isReachable() {
        return unreachableSince == null;
    }

    /** Why some topic cannot be used, or {@code null}. */
    @Nullable
    String problem() {
        return targets.values().stream()
                .map(target -> target.problem)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Completes when every topic was found usable or not, or no broker answered, for the first time. */
    CompletableFuture<Void> looked() {
        return looked;
    }

    // --- the brokers ------------------------------------------------------------------------------------------------

    private void beat() {
        if (closed) {
            return;
        }
        int patience = (int) Math.max(settings.heartbeat().toMillis() * 2, 100);
        CompletionStage<?> answer = admin.describeCluster(new DescribeClusterOptions().timeoutMs(patience))
                .nodes()
                .toCompletionStage();
        answer.whenComplete((nodes, failure) -> {
            reached(failure);
            scheduler.schedule(this::beat, settings.heartbeat());
        });
    }

    /** Nothing is asked any more; before the client that is asked is closed. */
    void close() {
        closed = true;
    }

    private synchronized void reached(@Nullable Throwable failure) {
        if (closed) {
            return;
        }
        if (failure == null) {
            if (unreachableSince != null) {
                unreachableSince = null;
                LogEvent.BROADCAST_CONNECTED.on(log).log("Kafka answers");
            }
            return;
        }
        looked.complete(null); // who waits for topics need not wait for a broker that is away
        if (unreachableSince == null) {
            unreachableSince = time.instant();
            LogEvent.BROADCAST_UNREACHABLE
                    .on(log)
                    .log(
                            "Kafka does not answer ({}); commits go on, and followers read their changes from Redis",
                            failure.toString());
        }
    }

    // --- topics -----------------------------------------------------------------------------------------------------

    private void look(Target target) {
        if (closed) {
            return;
        }
        admin.describeTopics(List.of(target.name), new DescribeTopicsOptions().timeoutMs(CALL_MILLIS))
                .allTopicNames()
                .toCompletionStage()
                .thenCompose(described -> check(target, Objects.requireNonNull(described.get(target.name))))
                .exceptionallyCompose(failure -> {
                    Throwable cause = unwrap(failure);
                    return cause instanceof UnknownTopicOrPartitionException
                            ? create(target)
                            : CompletableFuture.failedFuture(cause);
                })
                .whenComplete((found, failure) -> lookAgain(target, failure));
    }

    private CompletionStage<Void> create(Target target) {
        if (!settings.create()) {
            return refused(target, "it does not exist, and topics are not to be created");
        }
        NewTopic topic = new NewTopic(
                target.name,
                Optional.of(names.isShared(target.name) ? settings.partitions() : 1),
                Optional.ofNullable(settings.replication()));
        topic.configs(wanted());
        return admin.createTopics(List.of(topic), new CreateTopicsOptions().timeoutMs(CALL_MILLIS))
                .all()
                .toCompletionStage()
                .handle((created, failure) -> {
                    Throwable cause = failure == null ? null : unwrap(failure);
                    if (cause == null) {
                        LogEvent.BROADCAST_TOPIC_CREATED.on(log).log("created Kafka topic {}", target.name);
                    }
                    if (cause == null || cause instanceof TopicExistsException) {
                        target.made = true; // it is known in a moment
                        return CompletableFuture.<Void>completedFuture(null);
                    }
                    return cause instanceof AuthorizationException
                            ? refused(target, "it does not exist and may not be created: " + cause.getMessage())
                            : CompletableFuture.<Void>failedFuture(cause);
                })
                .thenCompose(done -> done);
    }

    private Map<String, String> wanted() {
        Map<String, String> config = new LinkedHashMap<>();
        config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        config.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(settings.maxRecordBytes()));
        Duration retention = settings.retention();
        if (retention != null) {
            config.put(TopicConfig.RETENTION_MS_CONFIG, String.valueOf(retention.toMillis()));
        }
        return config;
    }

    private CompletionStage<Void> check(Target target, TopicDescription described) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, target.name);
        return admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().timeoutMs(CALL_MILLIS))
                .all()
                .toCompletionStage()
                .handle((configs, failure) -> {
                    if (failure == null) {
                        String problem = problemOf(described, Objects.requireNonNull(configs.get(resource)));
                        return problem == null ? usable(target, described) : refused(target, problem);
                    }
                    Throwable cause = unwrap(failure);
                    if (cause instanceof AuthorizationException) {
                        log.debug(
                                "settings of Kafka topic {} may not be read, so they are taken as they are",
                                target.name);
                        return usable(target, described);
                    }
                    return CompletableFuture.<Void>failedFuture(cause);
                })
                .thenCompose(done -> done);
    }

    /** What would lose records, or refuse them; {@code null} if nothing does. */
    private @Nullable String problemOf(TopicDescription described, Config config) {
        String policy = value(config, TopicConfig.CLEANUP_POLICY_CONFIG);
        if (!policy.isEmpty() && !policy.equals(TopicConfig.CLEANUP_POLICY_DELETE)) {
            return "its cleanup.policy is '" + policy
                    + "', but must be 'delete': all changes of a topic have the same key,"
                    + " so compaction would leave the last one only";
        }
        long largest = number(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Long.MAX_VALUE);
        if (largest < settings.maxRecordBytes()) {
            return "its max.message.bytes is " + largest + ", but must be at least " + settings.maxRecordBytes()
                    + " for the largest payloads that are allowed, or these have to be smaller";
        }
        long insync = number(config, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, 0);
        int replicas = described.partitions().get(0).replicas().size();
        if (insync > replicas) {
            return "its min.insync.replicas is " + insync + ", but it has " + replicas
                    + " replicas: no record would ever be taken";
        }
        return null;
    }

    /** Not every broker tells every setting. */
    private static long number(Config config, String name, long otherwise) {
        String value = value(config, name);
        return value.isEmpty() ? otherwise : Long.parseLong(value);
    }

    private static String value(Config config, String name) {
        ConfigEntry entry = config.get(name);
        return entry == null || entry.value() == null ? "" : entry.value();
    }

    private CompletionStage<Void> usable(Target target, TopicDescription described) {
        int now = described.partitions().size();
        boolean differs = target.partitions != now;
        target.partitions = now;
        target.problem = null;
        if (differs) {
            listener.ready(target);
        }
        settle();
        return CompletableFuture.completedFuture(null);
    }

    private CompletionStage<Void> refused(Target target, String reason) {
        String problem = "Kafka topic " + target.name + " cannot be used: " + reason;
        if (!problem.equals(target.problem)) {
            LogEvent.BROADCAST_TOPIC_UNUSABLE.on(log).log("{}", problem);
        }
        target.problem = problem;
        target.partitions = 0;
        settle();
        return CompletableFuture.completedFuture(null);
    }

    private void settle() {
        if (targets.values().stream().allMatch(target -> target.partitions > 0 || target.problem != null)) {
            looked.complete(null);
        }
    }

    /** Goes on with the chain of looks; there is one for each topic. */
    private void lookAgain(Target target, @Nullable Throwable failure) {
        Throwable cause = failure == null ? null : unwrap(failure);
        if (cause == null) {
            target.failures = 0;
        } else if (cause instanceof AuthorizationException || cause instanceof InvalidTopicException) {
            var unused = refused(target, String.valueOf(cause.getMessage()));
        } else { // too few brokers at the moment, or none
            log.debug("Kafka topic {} could not be looked at", target.name, cause);
            target.failures++;
            if (target.failures >= FAILURES_TO_TELL && isReachable() && target.partitions == 0) {
                target.problem = "Kafka topic " + target.name + " cannot be used yet: " + cause;
            }
        }
        Duration pause = target.made ? SOON : target.partitions > 0 ? refresh : RETRY;
        target.made = false;
        scheduler.schedule(() -> look(target), pause);
    }

    private static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
