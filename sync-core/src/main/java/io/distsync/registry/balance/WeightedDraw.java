package io.distsync.registry.balance;

import java.util.Arrays;

/** Draws indexes with probabilities in proportion to their weights, in constant time. */
final class WeightedDraw {

    /*
     * The alias method (Walker 1977; Vose, A Linear Algorithm for Generating Random Numbers with a Given Distribution,
     * 1991), in integers. Each index has a column as high as the sum of the weights. It fills its own up to its weight
     * times their number; what is left is filled by one index that has more than a column. A draw picks a column and a
     * height in it.
     */

    private final long height;
    private final long[] own;
    private final int[] alias;

    WeightedDraw(int[] weights) {
        int columns = weights.length;
        height = Arrays.stream(weights).asLongStream().sum();
        own = Arrays.stream(weights)
                .mapToLong(weight -> (long) weight * columns)
                .toArray();
        alias = new int[columns];
        int[] open =
                new int[columns]; // those that lack something from the front, those that have too much from the back
        int lacking = 0;
        int rich = columns;
        for (int i = 0; i < columns; i++) {
            if (own[i] < height) {
                open[lacking++] = i;
            } else {
                open[--rich] = i;
            }
        }
        while (lacking > 0 && rich < columns) {
            int filled = open[--lacking];
            int filler = open[rich];
            alias[filled] = filler;
            own[filler] -= height - own[filled];
            if (own[filler] < height) {
                rich++;
                open[lacking++] = filler;
            }
        }
    }

    /**
     * An index.
     *
     * @param random 64 random bits: the upper half picks the column, the lower the height
     */
    int draw(long random) {
        int column = (int) (((random >>> 32) * own.length) >>> 32);
        long at = ((random & 0xFFFF_FFFFL) * height) >>> 32;
        return at < own[column] ? column : alias[column];
    }
}
