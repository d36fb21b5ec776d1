package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void medianOfAnOddNumberIsTheMiddleValue() {
        assertThat(Spread.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Spread(2, 1, 9));
    }

    @Test
    void medianOfAnEvenNumberLiesBetweenTheTwoInTheMiddle() {
        assertThat(Spread.of(List.of(4.0, 1.0, 2.0, 9.0))).isEqualTo(new Spread(3, 1, 9));
    }

    @Test
    void ratiosArePairedByRoundBeforeTheMedianIsTaken() {
        List<Double> ratios = Report.paired(List.of(1.0, 30.0, 4.0), List.of(2.0, 10.0, 4.0));

        assertThat(ratios).containsExactly(0.5, 3.0, 1.0);
    }

    @Test
    void numbersAreShownWithThreeDigitsOrInFull() {
        assertThat(new Spread(12.345, 0.25, 1234567.8)).hasToString("12.3 (0.25 … 1234568)");
        assertThat(Spread.format(0)).isEqualTo("0");
        assertThat(Spread.format(0.00001)).isEqualTo("0");
        assertThat(Spread.format(500)).isEqualTo("500");
    }

    @Test
    void verdictIsThatOfTheMedianAndTellsAMissThatNotEveryPairShares() {
        assertThat(Goal.atLeast(0.5).verdict(new Spread(0.5, 0.1, 0.6))).isEqualTo("met");
        assertThat(Goal.atLeast(0.5).verdict(new Spread(0.4, 0.1, 0.6))).isEqualTo("missed within the spread");
        assertThat(Goal.atLeast(0.5).verdict(new Spread(0.4, 0.1, 0.49))).isEqualTo("missed");
        assertThat(Goal.atMost(2).verdict(new Spread(2, 1, 3))).isEqualTo("met");
        assertThat(Goal.atMost(2).verdict(new Spread(2.1, 2, 3))).isEqualTo("missed within the spread");
        assertThat(Goal.atMost(2).verdict(new Spread(2.2, 2.1, 3))).isEqualTo("missed");
    }
}
