package io.distsync.benchmarks;

import io.distsync.registry.ServiceInstance;
import io.distsync.registry.balance.Balancer;
import io.distsync.registry.balance.JobCounts;
import io.distsync.registry.balance.LoadBalancer;
import io.distsync.registry.balance.OutlierOptions;
import io.distsync.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Choosing one of a thousand instances of different weights, from the look at the present list to the instance. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class Picks {

    private static final int INSTANCES = 1_000;
    private static final int KEYS = 1 << 12;
    private static final OutlierOptions ALL_THE_TIME =
            OutlierOptions.defaults().withEjection(Duration.ofHours(1), Duration.ofHours(1));

    /** What is measured. */
    public enum Strategy {
        ROUND_ROBIN,
        WEIGHTED_ROUND_ROBIN,
        RANDOM,
        POWER_OF_TWO_CHOICES,
        LEAST_CONNECTIONS,
        CONSISTENT_HASH,
        CONSISTENT_HASH_BOUNDED;

        private LoadBalancer with(JobCounts counts) {
            return switch (this) {
                case ROUND_ROBIN -> LoadBalancer.roundRobin();
                case WEIGHTED_ROUND_ROBIN -> LoadBalancer.weightedRoundRobin();
                case RANDOM -> LoadBalancer.random();
                case POWER_OF_TWO_CHOICES -> LoadBalancer.powerOfTwoChoices(counts);
                case LEAST_CONNECTIONS -> LoadBalancer.leastConnections(counts);
                case CONSISTENT_HASH -> LoadBalancer.consistentHash();
                case CONSISTENT_HASH_BOUNDED -> LoadBalancer.consistentHash(counts);
            };
        }
    }

    @Param
    private Strategy strategy = Strategy.ROUND_ROBIN;

    /** How many jobs each instance has at least; every second has one more. With 0 half of them are idle. */
    @Param("1")
    private int jobs;

    /** How many instances are ejected while it is measured. */
    @Param("0")
    private int ejected;

    private final String[] keys =
            IntStream.range(0, KEYS).mapToObj(i -> "customer:" + i * 7_919L).toArray(String[]::new);
    private int next;
    private List<ServiceInstance> present = List.of();
    private @Nullable Balancer balancer;

    @Setup
    public void open() {
        Random random = new Random(20);
        present = IntStream.range(0, INSTANCES)
                .mapToObj(i -> ServiceInstance.of("orders", "10.0.0.1", 8080)
                        .withId("orders-" + i)
                        .withWeight(1 + random.nextInt(100)))
                .toList();
        JobCounts counts = JobCounts.inProcess();
        Balancer opened = Balancer.of(() -> present, strategy.with(counts), ALL_THE_TIME, TimeSource.system());
        while (opened.ejections().size() < ejected) {
            opened.begin("the same each time").orElseThrow().failed();
        }
        for (int i = 0; i < INSTANCES; i++) {
            for (int begun = 0; begun < jobs + i % 2; begun++) {
                Objects.requireNonNull(counts.begin(present.get(i)));
            }
        }
        balancer = opened;
    }

    @Benchmark
    public @Nullable ServiceInstance choose() {
        return Objects.requireNonNull(balancer).choose(keys[next++ & (KEYS - 1)]);
    }

    @TearDown
    public void check() {
        Balancer opened = Objects.requireNonNull(balancer);
        Checks.require("so many are ejected", opened.ejections().size() == ejected);
        Checks.require("one of them is chosen", present.contains(Objects.requireNonNull(opened.choose())));
    }
}
