package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.registry.ServiceInstance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ConsistentHashTest {

    private static final int KEYS = 2_000;

    /*
     * These must never change, not even in a major release: processes of different releases have to agree on who has a
     * key. If one of them fails, the code is wrong.
     */

    @Test
    @DisplayName("R25: who has a key is the same in every process and release")
    void golden() {
        Candidates three = Candidates.of(List.of(Fleet.instance("a"), Fleet.instance("b"), Fleet.instance("c")));
        assertThat(owners(three, "", "a", "user-1", "user-2", "order:42", "Köln", "\uD83D\uDE00"))
                .containsExactly("a", "a", "b", "c", "c", "c", "a");
    }

    @Test
    @DisplayName("R25: who has a key is the same with weights, in every process and release")
    void goldenWithWeights() {
        Candidates weighted = Candidates.of(List.of(
                Fleet.instance("10.0.0.1:8080").withWeight(1),
                Fleet.instance("10.0.0.2:8080").withWeight(3),
                Fleet.instance("10.0.0.3:8080").withWeight(10)));
        assertThat(owners(weighted, "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"))
                .containsExactly(
                        "10.0.0.2:8080",
                        "10.0.0.3:8080",
                        "10.0.0.3:8080",
                        "10.0.0.3:8080",
                        "10.0.0.3:8080",
                        "10.0.0.3:8080",
                        "10.0.0.1:8080",
                        "10.0.0.3:8080");
    }

    @Test
    @DisplayName("R25: who has each of ten thousand keys among a thousand instances is the same everywhere")
    void goldenSum() {
        StringBuilder all = new StringBuilder();
        Candidates thousand = Candidates.of(Fleet.of(1_000));
        LoadBalancer strategy = LoadBalancer.consistentHash();
        for (int i = 0; i < 10_000; i++) {
            all.append(owner(strategy, thousand, "key-" + i)).append('\n');
        }
        assertThat(Long.toHexString(XxHash64.hash(all.toString(), 0))).isEqualTo("2b1595656814b971");
    }

    @Test
    @DisplayName("R25: the order of the instances makes no difference")
    void orderOfInstances() {
        List<ServiceInstance> instances = new ArrayList<>(Fleet.weighted(3, 1, 4, 1, 5, 9, 2, 6));
        Map<String, String> before = owners(instances);
        Collections.shuffle(instances, new Random(5));
        assertThat(owners(instances)).isEqualTo(before);
    }

    @Test
    @DisplayName("R26: when one of many goes, only its keys go elsewhere; when it comes back, only those come back")
    void leastDisruption() {
        List<ServiceInstance> all = Fleet.of(50);
        List<ServiceInstance> without = all.subList(1, 50);
        Map<String, String> before = owners(all);
        Map<String, String> after = owners(without);

        assertThat(before.values()).contains("i0");
        before.forEach((key, owner) -> {
            if (!owner.equals("i0")) {
                assertThat(after).containsEntry(key, owner);
            }
        });
    }

    @Property(tries = 100)
    @Label("whoever goes, only the keys it had go elsewhere")
    void leastDisruptionForAnyWeights(
            @ForAll @Size(min = 2, max = 10) List<@IntRange(min = 1, max = 5) Integer> drawn) {
        int[] weights = Fleet.ints(drawn);
        weights[0] = 5; // the greatest stays, so that nobody's points change
        List<ServiceInstance> all = Fleet.weighted(weights);
        List<ServiceInstance> without = all.subList(0, all.size() - 1);
        String gone = all.get(all.size() - 1).id();
        Map<String, String> before = owners(all);
        Map<String, String> after = owners(without);
        before.forEach((key, owner) -> {
            if (!owner.equals(gone)) {
                assertThat(after).containsEntry(key, owner);
            }
        });
    }

    @Test
    @DisplayName("R26: keys are spread in proportion to the weights, as evenly as 128 points allow")
    void spread() {
        // The share of an instance is the sum of 128 of 12,800 nearly exponential gaps: its standard deviation is
        // 1/sqrt(128) = 8.8 %, so of 100 instances none is further off than 4.5 of those, save once in 1,500 sets.
        int keys = 500_000;
        Candidates candidates = Candidates.of(Fleet.of(100));
        LoadBalancer strategy = LoadBalancer.consistentHash();
        Map<String, Integer> chosen = new HashMap<>();
        for (int i = 0; i < keys; i++) {
            chosen.merge(owner(strategy, candidates, "key-" + i), 1, Integer::sum);
        }
        assertThat(chosen).hasSize(100);
        assertThat(chosen.values())
                .allSatisfy(each -> assertThat(each / 5_000.0).isBetween(0.6, 1.4));

        Map<String, Integer> weighted = new HashMap<>();
        Candidates two = Candidates.of(Fleet.weighted(100, 300));
        for (int i = 0; i < keys; i++) {
            weighted.merge(owner(strategy, two, "key-" + i), 1, Integer::sum);
        }
        assertThat(weighted.getOrDefault("i1", 0) / (double) keys).isBetween(0.6, 0.9);
    }

    @Test
    @DisplayName("R25: a call without a key goes to any instance")
    void withoutKey() {
        SplittableRandom random = new SplittableRandom(3);
        LoadBalancer strategy = new ConsistentHash(null, random::nextLong);
        Candidates candidates = Candidates.of(Fleet.of(4));
        Map<String, Integer> chosen = new HashMap<>();
        for (int i = 0; i < 200; i++) {
            chosen.merge(
                    Objects.requireNonNull(strategy.choose(candidates, null)).id(), 1, Integer::sum);
        }
        assertThat(chosen).hasSize(4);
    }

    @Test
    @DisplayName("R27: a key that everybody asks for fills nobody beyond 1.25 times its share")
    void hotKey() {
        JobCounts counts = JobCounts.inProcess();
        LoadBalancer strategy = LoadBalancer.consistentHash(counts);
        List<ServiceInstance> instances = Fleet.weighted(1, 1, 2, 4);
        Candidates candidates = Candidates.of(instances);
        for (int jobs = 1; jobs <= 800; jobs++) {
            counts.begin(Objects.requireNonNull(strategy.choose(candidates, "hot")));
            for (ServiceInstance instance : instances) {
                assertThat(counts.of(instance).getAsInt())
                        .isLessThanOrEqualTo((int) Math.ceil(1.25 * jobs * instance.weight() / 8));
            }
        }
    }

    @Test
    @DisplayName("R27: while there is room at its own instance a key goes there")
    void roomAtItsOwn() {
        JobCounts counts = JobCounts.inProcess();
        LoadBalancer bounded = LoadBalancer.consistentHash(counts);
        LoadBalancer strict = LoadBalancer.consistentHash();
        Candidates candidates = Candidates.of(Fleet.of(20));
        for (int i = 0; i < KEYS; i++) {
            assertThat(owner(bounded, candidates, "key-" + i)).isEqualTo(owner(strict, candidates, "key-" + i));
        }
        for (int i = 0; i < 20; i++) {
            counts.begin(candidates.get(i)); // each below ceil(1.25 * 21 / 20) = 2
        }
        for (int i = 0; i < KEYS; i++) {
            assertThat(owner(bounded, candidates, "key-" + i)).isEqualTo(owner(strict, candidates, "key-" + i));
        }
    }

    @Test
    @DisplayName("R27: counts that contradict each other do not keep a key from an answer")
    void contradictingCounts() {
        LoadBalancer strategy = LoadBalancer.consistentHash(new JobCounts() {
            @Override
            public IntSupplier of(ServiceInstance instance) {
                return () -> 1_000;
            }

            @Override
            public long total() {
                return 0;
            }

            @Override
            public Job begin(ServiceInstance instance) {
                return () -> {};
            }
        });
        Candidates candidates = Candidates.of(Fleet.of(5));
        assertThat(owner(strategy, candidates, "key"))
                .isEqualTo(owner(LoadBalancer.consistentHash(), candidates, "key"));
    }

    private static Map<String, String> owners(List<ServiceInstance> instances) {
        LoadBalancer strategy = LoadBalancer.consistentHash();
        Candidates candidates = Candidates.of(instances);
        Map<String, String> owners = new HashMap<>();
        IntStream.range(0, KEYS).forEach(i -> owners.put("key-" + i, owner(strategy, candidates, "key-" + i)));
        return owners;
    }

    private static List<String> owners(Candidates candidates, String... keys) {
        LoadBalancer strategy = LoadBalancer.consistentHash();
        return List.of(keys).stream()
                .map(key -> owner(strategy, candidates, key))
                .toList();
    }

    private static String owner(LoadBalancer strategy, Candidates candidates, String key) {
        return Objects.requireNonNull(strategy.choose(candidates, key)).id();
    }
}
