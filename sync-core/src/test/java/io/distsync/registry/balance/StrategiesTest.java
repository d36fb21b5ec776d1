package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.registry.InstanceStatus;
import io.distsync.registry.ServiceInstance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StrategiesTest {

    private static final long SEED = 20_201;

    /** Of a chi-square test with 99 degrees of freedom: exceeded by chance once in a million. */
    private static final double CHI_SQUARE_99 = 181.0;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final JobCounts counts = JobCounts.inProcess();

    record Named(String name, LoadBalancer strategy) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Named> everyStrategy() {
        JobCounts counts = JobCounts.inProcess();
        return Stream.of(
                new Named("round robin", LoadBalancer.roundRobin()),
                new Named("weighted round robin", LoadBalancer.weightedRoundRobin()),
                new Named("random", LoadBalancer.random()),
                new Named("least connections", LoadBalancer.leastConnections(counts)),
                new Named("power of two choices", LoadBalancer.powerOfTwoChoices(counts)),
                new Named("consistent hash", LoadBalancer.consistentHash()),
                new Named("consistent hash, bounded", LoadBalancer.consistentHash(counts)));
    }

    @ParameterizedTest
    @MethodSource("everyStrategy")
    @DisplayName("R20: of no instances none is chosen")
    void none(Named named) {
        Candidates nobody = Candidates.of(List.of());
        assertThat(named.strategy.choose(nobody, null)).isNull();
        assertThat(named.strategy.choose(nobody, "key")).isNull();
    }

    @ParameterizedTest
    @MethodSource("everyStrategy")
    @DisplayName("R20: of one instance that one is chosen")
    void one(Named named) {
        ServiceInstance only = Fleet.instance("only").withWeight(3);
        Candidates candidates = Candidates.of(List.of(only));
        for (int i = 0; i < 10; i++) {
            assertThat(named.strategy.choose(candidates, null)).isSameAs(only);
            assertThat(named.strategy.choose(candidates, "key" + i)).isSameAs(only);
        }
    }

    @ParameterizedTest
    @MethodSource("everyStrategy")
    @DisplayName("R20: those that are down, draining or without weight are never chosen, even if there are no others")
    void unable(Named named) {
        List<ServiceInstance> unable = List.of(
                Fleet.instance("down").withStatus(InstanceStatus.DOWN),
                Fleet.instance("draining").withStatus(InstanceStatus.DRAINING),
                Fleet.instance("weightless").withWeight(0));
        List<ServiceInstance> withOthers = new ArrayList<>(unable);
        withOthers.addAll(Fleet.of(3));

        assertThat(named.strategy.choose(Candidates.of(unable), "key")).isNull();
        Candidates candidates = Candidates.of(withOthers);
        for (int i = 0; i < 1_000; i++) {
            assertThat(named.strategy.choose(candidates, "key" + i))
                    .isNotIn(unable)
                    .isNotNull();
            assertThat(named.strategy.choose(candidates, null)).isNotIn(unable).isNotNull();
        }
    }

    @ParameterizedTest
    @MethodSource("everyStrategy")
    @DisplayName("R20: every instance with a weight is chosen some time")
    void everybody(Named named) {
        Candidates candidates = Candidates.of(Fleet.weighted(1, 2, 3, 10));
        Map<String, Integer> chosen = new HashMap<>();
        for (int i = 0; i < 2_000; i++) {
            chosen.merge(chosen(named.strategy, candidates, "key" + i), 1, Integer::sum);
        }
        assertThat(chosen).containsOnlyKeys("i0", "i1", "i2", "i3");
    }

    @Test
    @DisplayName("R21: round robin chooses one after the other, whatever their weights")
    void inTurn() {
        LoadBalancer strategy = new RoundRobin(Candidates::toArray, 0);
        Candidates candidates = Candidates.of(Fleet.weighted(1, 7, 3));
        assertThat(IntStream.range(0, 7).mapToObj(i -> chosen(strategy, candidates)))
                .containsExactly("i0", "i1", "i2", "i0", "i1", "i2", "i0");
    }

    @Test
    @DisplayName("R21: threads that choose together leave nobody out and choose nobody twice in a round")
    void inTurnFromManyThreads() {
        LoadBalancer strategy = LoadBalancer.weightedRoundRobin();
        Candidates candidates = Candidates.of(Fleet.weighted(1, 2, 5));
        Map<String, AtomicLong> chosen = new ConcurrentHashMap<>();
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(i -> new Thread(() -> {
                    for (int turn = 0; turn < 80_000; turn++) {
                        chosen.computeIfAbsent(chosen(strategy, candidates), id -> new AtomicLong())
                                .incrementAndGet();
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        threads.forEach(StrategiesTest::join);

        assertThat(chosen.get("i0")).hasValue(40_000);
        assertThat(chosen.get("i1")).hasValue(80_000);
        assertThat(chosen.get("i2")).hasValue(200_000);
    }

    @Test
    @DisplayName("R22: each is chosen as often as its weight says, and its turns are spread")
    void smooth() {
        LoadBalancer strategy = new RoundRobin(SmoothOrder::of, 0);
        Candidates candidates = Candidates.of(Fleet.weighted(5, 1, 0, 1));
        assertThat(IntStream.range(0, 7).mapToObj(i -> chosen(strategy, candidates)))
                .containsExactly("i0", "i0", "i1", "i0", "i3", "i0", "i0");
    }

    @Test
    @DisplayName("R23: random choices are in proportion to the weights")
    void randomInProportion() {
        int[] weights = IntStream.range(0, 100).map(i -> 1 + i % 10).toArray();
        assertThat(chiSquare(LoadBalancer.random(random::nextLong), weights)).isLessThan(CHI_SQUARE_99);
    }

    @Test
    @DisplayName("R23: idle instances are chosen in proportion to the weights by those who look at jobs, too")
    void idleInProportion() {
        int[] weights = IntStream.range(0, 100).map(i -> 1 + i % 10).toArray();
        assertThat(chiSquare(LoadBalancer.leastConnections(counts, random::nextLong), weights))
                .isLessThan(CHI_SQUARE_99);
        assertThat(chiSquare(LoadBalancer.powerOfTwoChoices(counts, random::nextLong), weights))
                .isLessThan(CHI_SQUARE_99);
    }

    @Test
    @DisplayName("R24: least connections chooses the one with the fewest jobs for its weight")
    void fewestJobs() {
        List<ServiceInstance> instances = Fleet.weighted(1, 1, 4, 0);
        begin(instances.get(0), 2);
        begin(instances.get(1), 3);
        begin(instances.get(2), 7);
        LoadBalancer strategy = LoadBalancer.leastConnections(counts);
        Candidates candidates = Candidates.of(instances);

        assertThat(chosen(strategy, candidates)).isEqualTo("i2"); // 7/4 < 2 < 3
        begin(instances.get(2), 2);
        assertThat(chosen(strategy, candidates)).isEqualTo("i0"); // 2 < 9/4 < 3
    }

    @Test
    @DisplayName("R24: of two instances power of two choices takes the one with fewer jobs for its weight")
    void lessOfTwo() {
        List<ServiceInstance> instances = Fleet.weighted(1, 3);
        begin(instances.get(0), 1);
        begin(instances.get(1), 2);
        LoadBalancer strategy = LoadBalancer.powerOfTwoChoices(counts);
        Candidates candidates = Candidates.of(instances);
        for (int i = 0; i < 100; i++) {
            assertThat(chosen(strategy, candidates)).isEqualTo("i1");
        }
    }

    @Test
    @DisplayName("R24: power of two choices keeps jobs level where random choices do not")
    void levelled() {
        // 1,000 jobs on 1,000 instances: the fullest has about ln n / ln ln n = 3.6 (in practice 5 or 6) by chance, and
        // about ln ln n / ln 2 + 1 = 3.8 at most with two choices.
        assertThat(fullestAfterJobsOnAll(LoadBalancer.powerOfTwoChoices(counts, random::nextLong)))
                .isLessThanOrEqualTo(4);
        assertThat(fullestAfterJobsOnAll(LoadBalancer.random(random::nextLong))).isGreaterThanOrEqualTo(5);
    }

    private int fullestAfterJobsOnAll(LoadBalancer strategy) {
        List<ServiceInstance> instances = Fleet.of(1_000);
        Candidates candidates = Candidates.of(instances);
        Map<String, Integer> chosen = new HashMap<>();
        List<JobCounts.Job> jobs = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            ServiceInstance instance = Objects.requireNonNull(strategy.choose(candidates, null));
            jobs.add(counts.begin(instance));
            chosen.merge(instance.id(), 1, Integer::sum);
        }
        jobs.forEach(JobCounts.Job::close);
        return chosen.values().stream().mapToInt(each -> each).max().orElseThrow();
    }

    private double chiSquare(LoadBalancer strategy, int[] weights) {
        int calls = 100_000;
        Candidates candidates = Candidates.of(Fleet.weighted(weights));
        Map<String, Integer> chosen = new HashMap<>();
        for (int i = 0; i < calls; i++) {
            chosen.merge(chosen(strategy, candidates), 1, Integer::sum);
        }
        double sum = IntStream.of(weights).sum();
        return IntStream.range(0, weights.length)
                .mapToDouble(i -> {
                    double expected = calls * weights[i] / sum;
                    double difference = chosen.getOrDefault("i" + i, 0) - expected;
                    return difference * difference / expected;
                })
                .sum();
    }

    private void begin(ServiceInstance instance, int jobs) {
        IntStream.range(0, jobs).forEach(i -> counts.begin(instance));
    }

    private static String chosen(LoadBalancer strategy, Candidates candidates) {
        return chosen(strategy, candidates, null);
    }

    private static String chosen(LoadBalancer strategy, Candidates candidates, @Nullable String key) {
        return Objects.requireNonNull(strategy.choose(candidates, key)).id();
    }

    private static void join(Thread thread) {
        try {
            thread.join(20_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
