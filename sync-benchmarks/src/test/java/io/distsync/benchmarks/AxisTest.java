package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class AxisTest {

    private static final Offset<Double> CLOSE = within(1e-6);

    @Test
    void valuesOfOneSizeStandOnALineThatBeginsWithZero() {
        Axis axis = Axis.of(12, 93, 100, 200);

        assertThat(axis.isLogarithmic()).isFalse();
        assertThat(axis.ticks()).containsExactly(0.0, 20.0, 40.0, 60.0, 80.0, 100.0);
        assertThat(axis.place(25)).isEqualTo(125, CLOSE);
    }

    @Test
    void valuesThatDifferByPowersStandOnALogarithmicLine() {
        Axis axis = Axis.of(30, 200_000, 400, 0);

        assertThat(axis.isLogarithmic()).isTrue();
        assertThat(axis.ticks())
                .usingElementComparator(AxisTest::compare)
                .containsExactly(10.0, 100.0, 1e3, 1e4, 1e5, 1e6);
        assertThat(axis.place(10)).isEqualTo(400, CLOSE);
        assertThat(axis.place(1e3)).isEqualTo(240, CLOSE);
        assertThat(axis.place(1e6)).isEqualTo(0, CLOSE);
    }

    @Test
    void shortLogarithmicLineHasMoreMarksAndNoneItDoesNotNeed() {
        assertThat(Axis.of(3, 101, 0, 1).ticks())
                .usingElementComparator(AxisTest::compare)
                .containsExactly(2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0);
        assertThat(Axis.of(2, 100, 0, 1).ticks())
                .usingElementComparator(AxisTest::compare)
                .containsExactly(2.0, 5.0, 10.0, 20.0, 50.0, 100.0);
    }

    @Test
    void everyValueHasAPlaceBetweenTheEnds() {
        for (double least = 0.7; least < 1e7; least *= 3.1) {
            for (double greatest = least; greatest < 1e10; greatest *= 2.3) {
                Axis axis = Axis.of(least, greatest, 10, 20);
                assertThat(axis.place(least)).as(least + " of " + greatest).isBetween(10 - 1e-6, 20 + 1e-6);
                assertThat(axis.place(greatest)).as(greatest + " of " + least).isBetween(10 - 1e-6, 20 + 1e-6);
            }
        }
    }

    @Test
    void onlyPlaceStandsInTheMiddle() {
        assertThat(Axis.at(List.of(5.0), 0, 10).place(5)).isEqualTo(5, CLOSE);
    }

    @Test
    void zeroIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Axis.of(0, 1, 0, 1))
                .withMessageContaining("0.0 to 1.0");
    }

    private static int compare(double one, double other) {
        return Math.abs(one - other) < 1e-6 * other ? 0 : Double.compare(one, other);
    }
}
