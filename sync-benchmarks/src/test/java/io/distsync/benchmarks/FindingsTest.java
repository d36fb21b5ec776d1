package io.distsync.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FindingsTest {

    private static final Side.Gauge UNUSED = (lasting, point, span) -> {
        throw new AssertionError("not measured");
    };

    private final Side one = new Side("one", Family.LOCAL_MODE, List.of(1, 5, 50), UNUSED);
    private final Side other = new Side("other", Family.REDISSON, List.of(1), UNUSED);
    private final Question question = new Question(
            "name",
            "A title",
            Unit.PER_SECOND,
            "threads",
            point -> "#" + point,
            List.of(1),
            List.of(1),
            List.of(one, other));
    private final Findings findings = new Findings(question);

    FindingsTest() {
        findings.add(other, 1, 2_500);
        findings.add(one, 1, 3_000_000);
        findings.add(one, 5, 20);
        findings.add(one, 50, 7);
        findings.add(one, 1, 1_000_000);
        findings.add(one, 1, 9_000_000);
    }

    @Test
    void tableHasMediansWithTheirSpreadAndNothingWhereNothingWasMeasured() {
        assertThat(findings.markdown("folder")).isEqualTo("""
                ### A title

                ![A title](folder/overview-name-1.svg)

                ![A title](folder/overview-name.svg)

                | threads | #1 | #5 | #50 |
                |---|---|---|---|
                | one | 3 M (1 M … 9 M) | 20 (20 … 20) | 7 (7 … 7) |
                | other | 2.5 k (2.5 k … 2.5 k) |  |  |
                """);
    }

    @Test
    void bestRowComesFirstAndLinesAreForThoseThatGrow() {
        assertThat(findings.pictures()).containsOnlyKeys("overview-name-1.svg", "overview-name.svg");
        assertThat(findings.pictures().get("overview-name-1.svg"))
                .containsSubsequence("A title: #1 threads", "More is better", ">one<", ">other<");
        assertThat(findings.pictures().get("overview-name.svg"))
                .contains(">one<")
                .doesNotContain(">other<");
    }

    @Test
    void everyValueIsKept() {
        assertThat(findings.csv()).isEqualTo("""
                name;one;1;PER_SECOND;1;3000000.0
                name;one;1;PER_SECOND;2;1000000.0
                name;one;1;PER_SECOND;3;9000000.0
                name;one;5;PER_SECOND;1;20.0
                name;one;50;PER_SECOND;1;7.0
                name;other;1;PER_SECOND;1;2500.0
                """);
    }

    @Test
    void valuesAreWrittenForPeople() {
        assertThat(Unit.NANOS.format(new Spread(367_000, 12.3, 4_560_000))).isEqualTo("367 µs (12.3 ns … 4.56 ms)");
        assertThat(Unit.NANOS.format(2.5e9)).isEqualTo("2.5 s");
        assertThat(Unit.PER_SECOND.format(999)).isEqualTo("999");
    }
}
