package io.distsync.benchmarks;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Benchmarks that are measured together, in turns, so that what disturbs one of them disturbs the others too.
 *
 * @param name what the suite is asked for by; also the name of its files
 * @param secondary the counter that is compared instead of the benchmarks' own scores, or {@code null}
 */
record Suite(String name, String title, @Nullable String secondary, List<Case> cases, List<Ratio> ratios) {

    Suite {
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

        /** The name JMH knows the benchmark by. */
        String benchmark() {
            return type.getName() + "." + method;
        }
    }

    /**
     * A comparison of two scores of the same round.
     *
     * @param goal what contender / baseline has to reach, or {@code null}
     */
    record Ratio(
            String contender, String baseline, @Nullable Goal goal) {}

    private static final String UPDATE = "optimisticUpdate";
    private static final String ATOMIC = "AtomicReference.updateAndGet";
    private static final String COMPUTE = "ConcurrentHashMap.compute";

    /** Every suite there is. */
    static List<Suite> all() {
        return List.of(hotKey(), hotKeyBatch(), singleThread(), hotMap(), read(), listeners(), idleTopics(), spi());
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
}
