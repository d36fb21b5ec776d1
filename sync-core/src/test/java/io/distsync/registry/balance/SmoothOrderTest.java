package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.distsync.registry.ServiceInstance;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SmoothOrderTest {

    @Test
    @DisplayName("R22: the order is that of nginx")
    void orderOfNginx() {
        // The example of the commit that brought the algorithm to nginx: weights 5, 1, 1.
        assertThat(order(5, 1, 1)).containsExactly(0, 0, 1, 0, 2, 0, 0);
    }

    @Property
    @Label("the order is that of nginx, whatever the weights")
    void orderOfNginxForAnyWeights(@ForAll @Size(min = 1, max = 12) List<@IntRange(min = 1, max = 20) Integer> drawn) {
        int[] weights = Fleet.ints(drawn);
        assertThat(SmoothOrder.order(weights)).isEqualTo(literally(weights));
    }

    @Property
    @Label("in every stretch nobody is further than its weight allows from its share")
    void neverFarFromItsShare(@ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 50) Integer> drawn) {
        int[] weights = Fleet.ints(drawn);
        int sum = Arrays.stream(weights).sum();
        int[] taken = new int[weights.length];
        int[] order = SmoothOrder.order(weights);
        for (int turn = 1; turn <= order.length; turn++) {
            taken[order[turn - 1]]++;
            for (int i = 0; i < weights.length; i++) {
                double share = (double) weights[i] * turn / sum;
                assertThat(Math.abs(taken[i] - share)).isLessThan(weights.length);
            }
        }
        assertThat(taken).isEqualTo(weights);
    }

    @Test
    @DisplayName("R22: a common divisor of the weights makes no difference")
    void commonDivisor() {
        assertThat(order(500, 100, 100)).isEqualTo(order(5, 1, 1));
        assertThat(order(1_000, 1_000, 1_000)).containsExactly(0, 1, 2);
    }

    @Test
    @DisplayName("R22: with a thousand instances of any weights the order is bounded, and shares are right to 1/65,536")
    void boundedOrder() {
        int[] weights =
                new Random(7).ints(1_000, 1, ServiceInstance.MAX_WEIGHT + 1).toArray();
        long sum = Arrays.stream(weights).asLongStream().sum();
        int[] turns = SmoothOrder.turns(weights);
        int length = Arrays.stream(turns).sum();

        assertThat(length).isBetween(SmoothOrder.MAX_TURNS - 1_000, SmoothOrder.MAX_TURNS + 1_000);
        assertThat(Arrays.stream(turns).min()).hasValue(1);
        for (int i = 0; i < weights.length; i++) {
            assertThat((double) turns[i]).isCloseTo((double) weights[i] * SmoothOrder.MAX_TURNS / sum, within(1.0));
        }
    }

    @Test
    void anInstanceWithLittleWeightAmongManyHasATurn() {
        int[] weights = IntStream.range(0, 1_000).map(i -> i == 0 ? 1 : 999).toArray();
        assertThat(SmoothOrder.turns(weights)[0]).isEqualTo(1);
    }

    private static int[] order(int... weights) {
        return SmoothOrder.order(SmoothOrder.turns(weights));
    }

    /** The algorithm as nginx has it, step by step. */
    private static int[] literally(int[] weights) {
        int sum = Arrays.stream(weights).sum();
        long[] current = new long[weights.length];
        return IntStream.range(0, sum)
                .map(turn -> {
                    int best = -1;
                    for (int i = 0; i < weights.length; i++) {
                        current[i] += weights[i];
                        if (best < 0 || current[i] > current[best]) {
                            best = i;
                        }
                    }
                    current[best] -= sum;
                    return best;
                })
                .toArray();
    }
}
