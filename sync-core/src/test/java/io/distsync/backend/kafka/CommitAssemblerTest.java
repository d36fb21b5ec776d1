package io.distsync.backend.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.Payload;
import io.distsync.backend.RequestId;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
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

    @Property
    void eachCommitIsPutTogetherAsItWasInAnyOrder(
            @ForAll @Size(min = 1, max = 16) List<@IntRange(min = 1, max = 20) Integer> sizes, @ForAll Random random) {
        List<List<Change>> commits = new ArrayList<>();
        for (int size : sizes) {
            int hash = commits.size();
            commits.add(IntStream.range(0, size)
                    .mapToObj(i -> change(1 + hash * 7L + i, hash, i, size))
                    .toList());
        }
        List<Change> records =
                new ArrayList<>(commits.stream().flatMap(List::stream).toList());
        Collections.shuffle(records, random);
        CommitAssembler any = new CommitAssembler(BUDGET);

        List<List<Change>> whole = new ArrayList<>();
        for (Change record : records) {
            List<Change> commit = any.add(record);
            if (commit != null) {
                whole.add(commit);
            }
            if (record.count() > 1 && random.nextInt(4) == 0 && commit == null) {
                assertThat(any.add(record)).as("again").isNull();
            }
        }

        assertThat(whole).containsExactlyInAnyOrderElementsOf(commits);
    }

    /** Whatever records of others say of their places. */
    @Property
    void whatComesOutIsWholeAndInOrder(@ForAll @Size(max = 200) List<@From("places") Change> changes) {
        CommitAssembler any = new CommitAssembler(BUDGET);
        for (Change change : changes) {
            List<Change> commit = any.add(change);
            if (commit != null) {
                Version first = commit.get(0).version();
                for (int i = 0; i < commit.size(); i++) {
                    assertThat(commit.get(i).index()).isEqualTo(i);
                    assertThat(commit.get(i).count()).isEqualTo(commit.size());
                    assertThat(commit.get(i).version().revision()).isEqualTo(first.revision() + i);
                }
            }
        }
    }

    @Provide
    static Arbitrary<Change> places() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, 5),
                        Arbitraries.longs().between(0, 3),
                        Arbitraries.integers().between(1, 4),
                        Arbitraries.integers().between(0, 3))
                .as((first, hash, count, index) -> change(first + index % count, hash, index % count, count));
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
