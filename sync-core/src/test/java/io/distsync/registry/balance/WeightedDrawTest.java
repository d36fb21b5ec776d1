package io.distsync.registry.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class WeightedDrawTest {

    private static final long RANGE = 1L << 32;

    /** Tries each column at each height once, so that the shares come out exactly. */
    @Property
    @Label("of all draws each index has exactly its share")
    void exactShares(@ForAll @Size(min = 1, max = 20) List<@IntRange(min = 1, max = 60) Integer> drawn) {
        int[] weights = Fleet.ints(drawn);
        int columns = weights.length;
        int height = Arrays.stream(weights).sum();
        WeightedDraw draw = new WeightedDraw(weights);
        int[] counted = new int[columns];
        for (int column = 0; column < columns; column++) {
            for (int at = 0; at < height; at++) {
                counted[draw.draw((firstOf(column, columns) << 32) | firstOf(at, height))]++;
            }
        }
        assertThat(counted)
                .isEqualTo(Arrays.stream(weights).map(w -> w * columns).toArray());
    }

    /** The smallest of 2^32 numbers that falls into a part, if they are cut into so many. */
    private static long firstOf(int part, int parts) {
        return (part * RANGE + parts - 1) / parts;
    }
}
