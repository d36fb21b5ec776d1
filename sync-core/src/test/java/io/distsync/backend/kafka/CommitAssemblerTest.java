package io.distsync.backend.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.version.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CommitAssemblerTest {

    private static final int BUDGET = 1_000_000;

    private final CommitAssembler assembler = new CommitAssembler(BUDGET);

    @Test
    void commitOfOneChangeIsWhole() {
        assertThat(assembler.add(change(5, 7, 0, 1))).containsExactly(change(5, 7, 0, 1));
    }

    @Test
    void partsMayComeInAnyOrderTwiceAndAmongOthers() {
        assertThat(assembler.add(change(7, 1, 2, 3))).isNull();
        assertThat(assembler.add(change(8, 2, 0, 2))).isNull();
        assertThat(assembler.add(change(7, 1, 2, 3))).isNull();
        assertThat(assembler.add(change(5, 1, 0, 3))).isNull();

        assertThat(assembler.add(change(6, 1, 1, 3)))
                .containsExactly(change(5, 1, 0, 3), change(6, 1, 1, 3), change(7, 1, 2, 3));
        assertThat(assembler.add(change(9, 2, 1, 2))).containsExactly(change(8, 2, 0, 2), change(9, 2, 1, 2));
    }

    @Test
    void sameRevisionsOfAnotherHistoryAreAnotherCommit() {
        assertThat(assembler.add(change(5, 1, 0, 2))).isNull();
        assertThat(assembler.add(change(6, 2, 1, 2))).isNull();
        assertThat(assembler.add(change(6, 1, 1, 2))).containsExactly(change(5, 1, 0, 2), change(6, 1, 1, 2));
    }

    @Test
    void wholeCommitMayComeAgain() {
        for (int i = 0; i < 2; i++) {
            assertThat(assembler.add(change(5, 1, 0, 2))).isNull();
            assertThat(assembler.add(change(6, 1, 1, 2))).hasSize(2);
        }
    }

    @Test
    void partsThatContradictEachOtherAreLeftAlone() {
        assertThat(assembler.add(change(5, 1, 0, 2))).isNull();
        assertThat(assembler.add(change(7, 1, 2, 3))).isNull();
        assertThat(assembler.add(change(6, 1, 1, 2))).hasSize(2);
    }

    @Test
    void unfinishedCommitsAreForgottenInTheOrderTheyCame() {
        for (int i = 0; i < 17; i++) {
            assertThat(assembler.add(change(10 * i + 1, i, 0, 2))).isNull();
        }

        assertThat(assembler.add(change(2, 0, 1, 2))).as("the first").isNull();
        assertThat(assembler.add(change(162, 16, 1, 2)))
                .as("the last")
                .isEqualTo(List.of(change(161, 16, 0, 2), change(162, 16, 1, 2)));
    }

    @Test
    void whatIsKeptOfUnfinishedCommitsIsBounded() {
        Payload large = Payload.ofBytes(new byte[BUDGET / 4]);

        assertThat(assembler.add(change(1, 1, 0, 2))).isNull();
        for (int i = 0; i < 5; i++) {
            assertThat(assembler.add(change(10 + i, 2, i, 9, large))).isNull();
        }

        assertThat(assembler.add(change(2, 1, 1, 2))).as("forgotten").isNull();
        for (int round = 0; round < 10; round++) {
            assertThat(assembler.add(change(20, 3 + round, 0, 2, large))).isNull();
            assertThat(assembler.add(change(21, 3 + round, 1, 2, large)))
                    .as("what is whole counts no more")
                    .hasSize(2);
        }
    }

    private static Change change(long revision, long hash, int index, int count) {
        return change(revision, hash, index, count, null);
    }

    private static Change change(long revision, long hash, int index, int count, @Nullable Payload payload) {
        return new Change(
                new Version(1, revision, hash << 8 | index),
                0,
                "",
                Version.ABSENT,
                payload,
                Cause.WRITE,
                new RequestId(1, hash),
                index,
                count);
    }
}
