package io.distsync.benchmarks;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Benchmarks that are measured together, in turns, so that what disturbs one of them disturbs the others too.
 *
 * @param name what the suite is asked for by; also the name of its files
 * @param secondary the counter that is compared instead of the benchmarks' own scores, or {@code null}
 * @param besides what else is reported of each case
 */
record Suite(
        String name,
        String title,
        @Nullable String secondary,
        List<Figure> besides,
        List<Case> cases,
        List<Ratio> ratios) {

    Suite(String name, String title, @Nullable String secondary, List<Case> cases, List<Ratio> ratios) {
        this(name, title, secondary, List.of(), cases, ratios);
    }

    Suite {
        besides = List.copyOf(besides);
        cases = List.copyOf(cases);
        ratios = List.copyOf(ratios);
    }

    /**
     * One benchmark.
     *
     * @param params values of the benchmark's parameters; the others have their defaults
     * @param goal what its score has to reach, or {@code null}
     */
    record Case(
            String label,
            Class<?> type,
            String method,
            int threads,
            Map<String, String> params,
            @Nullable Goal goal) {

        Case {
            params = Map.copyOf(params);
        }

        Case(String label, Class<?> type, String method, int threads) {
            this(label, type, method, threads, null);
        }

        Case(String label, Class<?> type, String method, int threads, @Nullable Goal goal) {
            this(label, type, method, threads, Map.of(), goal);
        }

        /** A way to keep a state in Redis, or in what one would take instead. */
        static Case of(Way way, Class<?> type) {
            return new Case(way.label(), type, "update", 1, Map.of("way", way.name()), null);
        }

        /** A way to lock, by so many threads of each process. */
        static Case of(LocksWay way, int threads) {
            Map<String, String> params = Map.of("way", way.name(), "threads", Integer.toString(threads));
            return new Case(way.label(), RedisLocks.class, "hold", 1, params, null);
        }

        Case with(String param, String value) {
            Map<String, String> more = new HashMap<>(params);
            more.put(param, value);
            return new Case(label, type, method, threads, more, goal);
        }

        /** The name JMH knows the benchmark by. */
        String benchmark() {
            return type.getName() + "." + method;
        }
    }

    /**
     * A counter that is reported besides the score.
     *
     * @param goal what it has to reach, or {@code null}
     */
    record Figure(String counter, @Nullable Goal goal) {}

    /**
     * A comparison of two scores of the same round.
     *
     * @param goal what contender / baseline has to reach, or {@code null}
     */
    record Ratio(
            String contender, String baseline, @Nullable Goal goal) {

        Ratio(Way contender, Way baseline, @Nullable Goal goal) {
            this(contender.label(), baseline.label(), goal);
        }

        Ratio(LocksWay contender, LocksWay baseline, @Nullable Goal goal) {
            this(contender.label(), baseline.label(), goal);
        }
    }

    private static final String UPDATE = "optimisticUpdate";
    private static final String ATOMIC = "AtomicReference.updateAndGet";
    private static final String HOLDS = "holdsPerSecond";
    private static final String COMPUTE = "ConcurrentHashMap.compute";

    /** Every suite there is. */
    static List<Suite> all() {
        return List.of(
                hotKey(),
                hotKeyBatch(),
                singleThread(),
                hotMap(),
                read(),
                picks(),
                listeners(),
                idleTopics(),
                spi(),
                redisHotKey(),
                redisHotKeySmall(),
                redisTwoProcesses(),
                redisSingle(),
                redisPropagation(),
                redisTopics(),
                redisLock(),
                redisLockNames(),
                redisLockContended(),
                redisLockProcesses(),
                redisLockRenewal(),
                kafkaHotKey(),
                kafkaPropagation());
    }

    private static Suite hotKey() {
        String withHandle = UPDATE + ", one handle open";
        String withListener = UPDATE + ", one EVERY listener";
        int threads = HotKey.THREADS;
        return new Suite(
                "hot-key",
                "One state, 50 threads",
                null,
                List.of(
                        new Case(UPDATE, HotKey.class, "optimisticUpdate", threads),
                        new Case(ATOMIC, HotKey.class, "atomicReference", threads),
                        new Case(COMPUTE, HotKey.class, "concurrentHashMap", threads),
                        new Case(withHandle, HotKey.class, "withOpenHandle", threads),
                        new Case(withListener, HotKey.class, "withListener", threads)),
                List.of(
                        new Ratio(UPDATE, ATOMIC, Goal.atLeast(0.25)),
                        new Ratio(UPDATE, COMPUTE, Goal.atLeast(0.5)),
                        new Ratio(withHandle, ATOMIC, null),
                        new Ratio(withHandle, COMPUTE, null),
                        new Ratio(withListener, ATOMIC, null),
                        new Ratio(withListener, COMPUTE, null)));
    }

    private static Suite hotKeyBatch() {
        return new Suite(
                "hot-key-batch",
                "One state, 50 threads × 20,000 updates, time of the whole run",
                null,
                List.of(
                        new Case(UPDATE, HotKeyBatch.class, "optimisticUpdate", 1),
                        new Case(ATOMIC, HotKeyBatch.class, "atomicReference", 1),
                        new Case(COMPUTE, HotKeyBatch.class, "concurrentHashMap", 1)),
                // The time of a given number of updates: the inverse of the bounds on their rate.
                List.of(new Ratio(UPDATE, ATOMIC, Goal.atMost(4)), new Ratio(UPDATE, COMPUTE, Goal.atMost(2))));
    }

    private static Suite singleThread() {
        return new Suite(
                "single-thread",
                "One state, one thread",
                null,
                List.of(
                        new Case(UPDATE, HotKey.class, "optimisticUpdate", 1),
                        new Case(ATOMIC, HotKey.class, "atomicReference", 1),
                        new Case(COMPUTE, HotKey.class, "concurrentHashMap", 1)),
                List.of(new Ratio(UPDATE, ATOMIC, null), new Ratio(UPDATE, COMPUTE, null)));
    }

    private static Suite hotMap() {
        return new Suite(
                "hot-map",
                "50 entries of one topic, 50 threads, each with an entry of its own",
                null,
                List.of(
                        new Case("SyncMap.update", HotMap.class, "syncMap", HotKey.THREADS),
                        new Case(COMPUTE, HotMap.class, "concurrentHashMap", HotKey.THREADS)),
                List.of(new Ratio("SyncMap.update", COMPUTE, null)));
    }

    private static Suite read() {
        String get = "DistributedSync.get";
        String atomic = "AtomicReference.get";
        String caffeine = "Caffeine getIfPresent";
        return new Suite(
                "read",
                "Reading the local state, one thread",
                null,
                List.of(
                        new Case(get, LocalRead.class, "handleGet", 1),
                        new Case(atomic, LocalRead.class, "atomicReferenceGet", 1),
                        new Case(caffeine, LocalRead.class, "caffeineGetIfPresent", 1),
                        new Case("DistributedSync.versioned", LocalRead.class, "handleVersioned", 1)),
                List.of(new Ratio(get, atomic, Goal.atMost(2)), new Ratio(get, caffeine, null)));
    }

    private static Suite picks() {
        return new Suite(
                "picks",
                "Choosing one of 1,000 instances, each with 1 or 2 jobs, one thread",
                null,
                Stream.concat(
                                Arrays.stream(Picks.Strategy.values()).map(strategy -> pick(strategy.name(), strategy)),
                                Stream.of(
                                        pick("LEAST_CONNECTIONS, half are idle", Picks.Strategy.LEAST_CONNECTIONS)
                                                .with("jobs", "0"),
                                        pick("ROUND_ROBIN, one is ejected", Picks.Strategy.ROUND_ROBIN)
                                                .with("ejected", "1")))
                        .toList(),
                List.of());
    }

    private static Case pick(String label, Picks.Strategy strategy) {
        return new Case(label, Picks.class, "choose", 1, Map.of("strategy", strategy.name()), Goal.atMost(100));
    }

    private static Suite listeners() {
        String every = "1,000 EVERY listeners";
        String queue = "1,000 listeners with a queue each";
        return new Suite(
                "listeners",
                "Deliveries to 1,000 listeners of one topic",
                null,
                List.of(
                        new Case(every, Listeners.class, "everyListener", 1, Goal.atLeast(5)),
                        new Case(queue, Listeners.class, "queueEach", 1)),
                List.of(new Ratio(every, queue, null)));
    }

    private static Suite idleTopics() {
        Goal kilobyte = Goal.atMost(1_024);
        String updated = "one update each";
        String followed = "one update and an open handle each";
        String bare = "AtomicReference in a ConcurrentHashMap";
        return new Suite(
                "idle-topics",
                "100,000 idle topics, bytes of heap for each",
                "bytesPerTopic",
                List.of(
                        new Case(updated, IdleTopics.class, "updated", 1, kilobyte),
                        new Case(followed, IdleTopics.class, "updatedAndFollowed", 1, kilobyte),
                        new Case(bare, IdleTopics.class, "atomicReferences", 1)),
                List.of(new Ratio(updated, bare, null), new Ratio(followed, bare, null)));
    }

    private static Suite spi() {
        return new Suite(
                "spi",
                "The layers below the service, one thread, by mutation",
                null,
                List.of(
                        new Case("TopicStore.commit, 1 put", Spi.class, "storeCommit", 1),
                        new Case("TopicStore.commit, 50 puts", Spi.class, "storeCommitOf50", 1),
                        new Case("LocalSyncBackend.commit, 1 put", Spi.class, "backendCommit", 1),
                        new Case("LocalSyncBackend.commit, 50 puts", Spi.class, "backendCommitOf50", 1),
                        new Case("LocalSyncBackend.read, 1 key", Spi.class, "backendRead", 1)),
                List.of());
    }

    // --- Redis ------------------------------------------------------------------------------------------------------

    private static Suite redisHotKey() {
        return new Suite(
                "redis-hot-key",
                "One state in Redis, 50 threads × 500 updates, time of the whole run",
                null,
                redisHotKeyCases(),
                List.of(
                        // The time of a given number of updates: the inverse of the bounds on their rate.
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.TWO_TRIPS, Goal.atMost(1 / 50.0)),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.REDISSON_LOCK, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.REDISSON_COMPUTE, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.REDISSON_ATOMIC_LONG, Goal.atMost(1 / 3.0)),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.HAZELCAST, Goal.atMost(1)),
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.TWO_TRIPS, null)));
    }

    private static Suite redisHotKeySmall() {
        return new Suite(
                "redis-hot-key-small",
                "One state in Redis, 50 threads × 50 updates, time of the whole run",
                null,
                redisHotKeyCases().stream()
                        .map(each -> each.with("updates", "50"))
                        .toList(),
                List.of(
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.TWO_TRIPS, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.REDISSON_ATOMIC_LONG, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.HAZELCAST, null)));
    }

    private static List<Case> redisHotKeyCases() {
        return cases(
                RedisHotKey.class,
                Way.OPTIMISTIC_UPDATE,
                Way.OPTIMISTIC_UPDATE_FOLLOWED,
                Way.TWO_TRIPS,
                Way.REDISSON_LOCK,
                Way.REDISSON_COMPUTE,
                Way.REDISSON_ATOMIC_LONG,
                Way.HAZELCAST);
    }

    private static Suite redisTwoProcesses() {
        return new Suite(
                "redis-two-processes",
                "One state in Redis, two processes × 25 threads × 500 updates, time of the whole run",
                null,
                cases(RedisTwoProcesses.class, Way.OPTIMISTIC_UPDATE, Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.TWO_TRIPS),
                List.of(
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.TWO_TRIPS, Goal.atMost(1 / 12.0)),
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.TWO_TRIPS, null)));
    }

    private static Suite redisSingle() {
        return new Suite(
                "redis-single",
                "One state in Redis, one thread, median time of an update",
                "p0.50",
                cases(
                        RedisSingle.class,
                        Way.OPTIMISTIC_UPDATE_FOLLOWED,
                        Way.OPTIMISTIC_UPDATE,
                        Way.COMMIT_SCRIPT,
                        Way.COMMIT_SCRIPT_FOLLOWED,
                        Way.ONE_TRIP,
                        Way.TWO_TRIPS),
                List.of(
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.COMMIT_SCRIPT, Goal.atMost(1.15)),
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.COMMIT_SCRIPT_FOLLOWED, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.COMMIT_SCRIPT, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.ONE_TRIP, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.TWO_TRIPS, null)));
    }

    private static Suite redisPropagation() {
        return new Suite(
                "redis-propagation",
                "One state in Redis, 200 updates a second, median time until the listener of another client is told",
                "p50Micros",
                cases(
                        RedisPropagation.class,
                        Way.OPTIMISTIC_UPDATE_FOLLOWED,
                        Way.OPTIMISTIC_UPDATE,
                        Way.COMMIT_SCRIPT,
                        Way.ONE_TRIP_PUBLISHED,
                        Way.REDISSON_COMPARE_AND_SET),
                List.of(
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.COMMIT_SCRIPT, Goal.atMost(1.2)),
                        new Ratio(Way.OPTIMISTIC_UPDATE, Way.COMMIT_SCRIPT, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.ONE_TRIP_PUBLISHED, null),
                        new Ratio(Way.OPTIMISTIC_UPDATE_FOLLOWED, Way.REDISSON_COMPARE_AND_SET, null)));
    }

    private static Suite redisTopics() {
        TopicsWay service = TopicsWay.SERVICE;
        return new Suite(
                "redis-topics",
                "10,000 topics in Redis, 1,000 updates a second, 99th percentile of the time until a listener is told",
                "p99Micros",
                List.of(
                        new Figure("p50Micros", null),
                        new Figure("maxMicros", null),
                        new Figure("openMillis", null),
                        new Figure("scriptsToOpen", null),
                        new Figure("connections", null),
                        new Figure("scriptsPerUpdate", null),
                        new Figure("microsPerScript", null),
                        new Figure("processorMicrosPerUpdate", null),
                        new Figure("slowCalls", Goal.never()),
                        new Figure("slowCallsOpening", Goal.never())),
                Stream.of(service, TopicsWay.BY_HAND, TopicsWay.REDISSON)
                        .map(way ->
                                new Case(way.label(), RedisTopics.class, "update", 1, Map.of("way", way.name()), null))
                        .toList(),
                Stream.of(TopicsWay.BY_HAND, TopicsWay.REDISSON)
                        .map(other -> new Ratio(service.label(), other.label(), null))
                        .toList());
    }

    // --- locks in Redis ---------------------------------------------------------------------------------------------

    private static Suite redisLock() {
        return uncontended("redis-lock", "One lock in Redis, one thread, how often it is taken and given back", 1);
    }

    private static Suite redisLockNames() {
        return uncontended("redis-lock-names", "8 locks in Redis, a thread for each, how often they are taken", 8);
    }

    /** Each thread has a lock of its own. */
    private static Suite uncontended(String name, String title, int threads) {
        return new Suite(
                name,
                title,
                HOLDS,
                List.of(
                        // A little for what is asked in the background.
                        new Figure("readsPerHold", Goal.atMost(2.05)),
                        new Figure("scriptsPerHold", null),
                        new Figure("commandsPerHold", null),
                        new Figure("serverMicrosPerHold", null),
                        new Figure("clientMicrosPerHold", null),
                        new Figure("p50WaitMicros", null),
                        new Figure("p999WaitMicros", null)),
                Stream.of(LocksWay.SYNC_LOCKS, LocksWay.REDISSON_LOCK, LocksWay.BY_HAND)
                        .map(way -> Case.of(way, threads).with("names", Integer.toString(threads)))
                        .toList(),
                List.of(
                        new Ratio(LocksWay.SYNC_LOCKS, LocksWay.REDISSON_LOCK, Goal.atLeast(1.2)),
                        new Ratio(LocksWay.SYNC_LOCKS, LocksWay.BY_HAND, null)));
    }

    private static Suite redisLockContended() {
        return contended(
                "redis-lock-contended", "One lock in Redis, 50 threads of one process, how often it is taken", 1);
    }

    private static Suite redisLockProcesses() {
        return contended(
                "redis-lock-processes", "One lock in Redis, 5 processes × 10 threads, how often it is taken", 5);
    }

    private static Suite contended(String name, String title, int processes) {
        return new Suite(
                name,
                title,
                HOLDS,
                List.of(
                        new Figure("p50WaitMicros", null),
                        new Figure("p999WaitMicros", null),
                        new Figure("maxWaitMicros", null),
                        new Figure("leastShare", null),
                        new Figure("scriptsPerHold", null),
                        new Figure("commandsPerHold", null),
                        new Figure("serverMicrosPerHold", null),
                        new Figure("clientMicrosPerHold", null)),
                Stream.of(LocksWay.SYNC_LOCKS, LocksWay.REDISSON_LOCK, LocksWay.REDISSON_FAIR_LOCK)
                        .map(way ->
                                Case.of(way, HotKey.THREADS / processes).with("processes", Integer.toString(processes)))
                        .toList(),
                Stream.of(LocksWay.REDISSON_LOCK, LocksWay.REDISSON_FAIR_LOCK)
                        .map(other -> new Ratio(LocksWay.SYNC_LOCKS, other, Goal.atLeast(1.5)))
                        .toList());
    }

    private static Suite redisLockRenewal() {
        LocksWay locks = LocksWay.SYNC_LOCKS;
        LocksWay redisson = LocksWay.REDISSON_LOCK;
        return new Suite(
                "redis-lock-renewal",
                "10,000 locks held in Redis by one process, processor time of the server for a round of renewals",
                "serverMillisPerRound",
                List.of(
                        new Figure("clientMillisPerRound", null),
                        new Figure("busyMillisPerRound", null),
                        new Figure("longestAnswerMillis", null),
                        new Figure("scriptsPerRound", null),
                        new Figure("commandsPerRound", null),
                        new Figure("readsPerRound", null)),
                Stream.of(locks, redisson)
                        .map(way -> new Case(
                                way.label(), RedisLockRenewal.class, "renew", 1, Map.of("way", way.name()), null))
                        .toList(),
                List.of(new Ratio(locks, redisson, null)));
    }

    // --- Kafka ------------------------------------------------------------------------------------------------------

    private static Suite kafkaHotKey() {
        return new Suite(
                "kafka-hot-key",
                "One state in Redis, broadcast by Kafka, 50 threads × 500 updates, time of the whole run",
                null,
                List.of(new Figure("untilToldMillis", null)),
                cases(
                        RedisHotKey.class,
                        Way.KAFKA_UPDATE,
                        Way.KAFKA_UPDATE_FOLLOWED,
                        Way.KAFKA_TWO_TRIPS_AND_SEND_AWAITED,
                        Way.KAFKA_SEND_AWAITED),
                List.of(
                        // The time of a given number of updates: the inverse of the bounds on their rate.
                        new Ratio(Way.KAFKA_UPDATE, Way.KAFKA_TWO_TRIPS_AND_SEND_AWAITED, Goal.atMost(1 / 30.0)),
                        new Ratio(Way.KAFKA_UPDATE, Way.KAFKA_SEND_AWAITED, null),
                        new Ratio(Way.KAFKA_UPDATE_FOLLOWED, Way.KAFKA_TWO_TRIPS_AND_SEND_AWAITED, null)));
    }

    private static Suite kafkaPropagation() {
        return new Suite(
                "kafka-propagation",
                "One state in Redis, broadcast by Kafka, 200 updates a second, median time until the listener of another"
                        + " client is told",
                "p50Micros",
                List.of(new Figure("p99Micros", null)),
                cases(
                        RedisPropagation.class,
                        Way.KAFKA_UPDATE_FOLLOWED,
                        Way.KAFKA_UPDATE,
                        Way.KAFKA_SEND,
                        Way.KAFKA_ONE_TRIP_AND_SEND),
                List.of(
                        new Ratio(Way.KAFKA_UPDATE_FOLLOWED, Way.KAFKA_SEND, Goal.atMost(1.3)),
                        new Ratio(Way.KAFKA_UPDATE, Way.KAFKA_SEND, null),
                        new Ratio(Way.KAFKA_UPDATE_FOLLOWED, Way.KAFKA_ONE_TRIP_AND_SEND, null)));
    }

    private static List<Case> cases(Class<?> type, Way... ways) {
        return Arrays.stream(ways).map(way -> Case.of(way, type)).toList();
    }
}
