package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HoldsTest {

    private final Holds holds = new Holds(7_000, List.of(new long[] {5_000, 1_000, 3_000}, new long[] {2_000}));

    @Test
    void whatAProcessSaysIsWhatItHad() {
        Holds told = Holds.parse(holds.toString());

        assertThat(told.end()).isEqualTo(7_000);
        assertThat(told.waits()).usingRecursiveComparison().isEqualTo(holds.waits());
    }

    @Test
    void waitsAreThoseOfAllThreadsOfAllProcesses() {
        Holds both = holds.and(new Holds(9_000, List.of(new long[] {4_000, 4_000})));

        assertThat(both.end()).isEqualTo(9_000);
        assertThat(both.count()).isEqualTo(6);
        assertThat(both.sortedMicros()).containsExactly(1, 2, 3, 4, 4, 5);
    }

    @Test
    void leastShareIsThatOfTheThreadThatHeldALockLeast() {
        assertThat(holds.leastShare()).isEqualTo(0.5);
    }
}
