package io.distsync.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short run in each mode, so that the long one works when it is wanted. */
class SoakTest {

    private static final Duration LENGTH = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Plan.Mode.class)
    @Timeout(300)
    void aShortRunFindsNothingWrong(Plan.Mode mode) throws Exception {
        Outcome outcome = Run.of(Plan.of(mode, LENGTH, 1).hurried());

        assertThat(outcome.wrong()).isEmpty();
        assertThat(outcome.closed()).isEmpty();
        assertThat(outcome.bounds())
                .isNotEmpty()
                .allSatisfy(bound -> assertThat(bound.holds()).as(bound.row()).isTrue());
        assertThat(outcome.isGood()).isTrue();
        assertThat(outcome.operations().total(Tally.End.DONE)).isGreaterThan(500);
        assertThat(outcome.faults().total(Tally.End.DONE)).isGreaterThan(5);
    }

    @ParameterizedTest
    @EnumSource(Plan.Mode.class)
    void theResultGoesBetweenTheMarks(Plan.Mode mode) throws Exception {
        Outcome outcome = Samples.outcome(mode, Samples.reading(0, 20, 100), Samples.reading(60, 21, 100));
        Path document = folder.resolve("soak.md");
        Files.writeString(
                document,
                "before\n<!-- " + mode.argument() + " -->\nyesterday\n<!-- /" + mode.argument() + " -->\nafter\n");

        Report report = new Report(outcome);
        report.write(folder.resolve("soak"));
        report.write(folder.resolve("soak"));

        assertThat(Files.readString(document))
                .startsWith("before\n<!--")
                .endsWith("-->\nafter\n")
                .contains("**Passed.**")
                .doesNotContain("yesterday")
                .containsOnlyOnce("### " + mode.title());
        assertThat(Files.readString(folder.resolve("soak").resolve(mode.argument() + ".csv")))
                .startsWith(Reading.HEADER + "\n0,load,20.0,");
        assertThat(Files.readString(folder.resolve("soak").resolve(mode.argument() + ".svg")))
                .startsWith("<svg ")
                .endsWith("</svg>\n");
    }
}
