package io.distsync.backend;

import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.error.RejectedException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class AdditionCases {

    private static final String KEY = "counter";

    @Test
    @DisplayName("B16: add starts at 0, and its change carries the result")
    void additionCarriesItsResult(TopicUnderTest topic) {
        Committed first = topic.committed(List.of(), Mutation.add(KEY, 5));
        Committed second = topic.committed(List.of(), Mutation.add(KEY, -7), Mutation.add(KEY, 0));

        assertThat(sum(first, 0)).isEqualTo(5);
        assertThat(sum(second, 0)).isEqualTo(-2);
        assertThat(sum(second, 1)).isEqualTo(-2);
        assertThat(topic.text(KEY)).isEqualTo("-2");
        assertThat(topic.head().revision()).isEqualTo(3);
    }

    @Test
    @DisplayName("B16: add works on a decimal integer that was put")
    void additionWorksOnWrittenIntegers(TopicUnderTest topic) {
        topic.put(KEY, "40");

        assertThat(sum(topic.committed(List.of(), Mutation.add(KEY, 2)), 0)).isEqualTo(42);
    }

    @Test
    @DisplayName("B16: add in a commit sees the mutations before it")
    void additionSeesEarlierMutations(TopicUnderTest topic) {
        Committed committed = topic.committed(
                List.of(),
                Mutation.add(KEY, 5),
                putText(KEY, "10"),
                Mutation.add(KEY, 1),
                Mutation.delete(KEY),
                Mutation.add(KEY, 3));

        assertThat(sum(committed, 2)).isEqualTo(11);
        assertThat(sum(committed, 4)).isEqualTo(3);
        assertThat(topic.text(KEY)).isEqualTo("3");
    }

    @Test
    @DisplayName("B16: concurrent adds never conflict and none is lost")
    void concurrentAdditionsAddUp(TopicUnderTest topic) {
        try (Workers workers = Workers.start(4, worker -> {
            for (int i = 0; i < 100; i++) {
                topic.apply(Mutation.add(KEY, worker + 1));
            }
        })) {
            workers.join();
        }

        assertThat(topic.text(KEY)).isEqualTo("1000");
    }

    @Test
    @DisplayName("B17: add to something that is no integer is rejected with all of its commit")
    void additionToTextIsRejected(TopicUnderTest topic) {
        topic.apply(
                putText(KEY, "four"), putText("empty", ""), putText("fraction", "1.5"), putText("big", "9".repeat(30)));

        for (String key : List.of(KEY, "empty", "fraction", "big")) {
            assertRejected(topic, put("before"), Mutation.add(key, 1), put("after"));
        }
        assertRejected(topic, putText("fresh", "text"), Mutation.add("fresh", 1));
    }

    @Test
    @DisplayName("B18: add stays within 2^53 - 1 on both sides")
    void additionStaysInRange(TopicUnderTest topic) {
        assertThat(sum(topic.committed(List.of(), Mutation.add(KEY, Limits.MAX_INTEGER)), 0))
                .isEqualTo(Limits.MAX_INTEGER);
        assertRejected(topic, Mutation.add(KEY, 1));
        assertRejected(topic, Mutation.add(KEY, Long.MAX_VALUE));
        assertRejected(topic, put("before"), Mutation.add("fresh", Limits.MAX_INTEGER + 1));

        topic.apply(Mutation.add(KEY, -2 * Limits.MAX_INTEGER));
        assertThat(topic.text(KEY)).isEqualTo(String.valueOf(-Limits.MAX_INTEGER));
        assertRejected(topic, Mutation.add(KEY, -1));
        assertRejected(topic, Mutation.add(KEY, Long.MIN_VALUE));
        assertRejected(topic, Mutation.add("fresh", Long.MIN_VALUE));
    }

    @Test
    @DisplayName("B19: a sequential key is the prefix and the padded revision of its own change")
    void sequentialKeyIsTheRevision(TopicUnderTest topic) {
        topic.put("something", "before");
        Committed committed =
                topic.committed(List.of(), append("q/"), Mutation.delete("nothing"), append("q/"), append(""));

        for (int mutation : List.of(0, 2, 3)) {
            Change change = Objects.requireNonNull(committed.outcome(mutation));
            String prefix = mutation == 3 ? "" : "q/";
            assertThat(change.key())
                    .isEqualTo(prefix + String.format("%019d", change.version().revision()));
            assertThat(change.previous()).isEqualTo(Version.ABSENT);
        }
        assertThat(Objects.requireNonNull(committed.outcome(2)).version().revision())
                .isEqualTo(3);
    }

    @Test
    @DisplayName("B19: sequential keys sort in commit order, whoever wrote them")
    void sequentialKeysSortInCommitOrder(TopicUnderTest topic) {
        try (Workers workers = Workers.start(4, worker -> {
            for (int i = 0; i < 25; i++) {
                topic.apply(append("q/"));
            }
        })) {
            workers.join();
        }

        List<Version> versions = new ArrayList<>();
        topic.read(Selection.first("q/", 200)).entries().forEach(entry -> versions.add(entry.version()));
        assertThat(versions).hasSize(100).isSorted();
    }

    @Test
    @DisplayName("B19: the commit's own selection tells the place among the sequential keys")
    void selectionShowsTheSequentialKey(TopicUnderTest topic) {
        topic.apply(append("q/"));
        Committed second = topic.committed(topic.request(List.of(), Selection.first("q/", 1), append("q/")));
        Committed third = topic.committed(topic.request(List.of(), Selection.last("q/", 2), append("q/")));

        assertThat(second.selected().entries().get(0).version().revision()).isEqualTo(1);
        assertThat(second.selected().more()).isTrue();
        assertThat(third.selected().entries())
                .extracting(entry -> entry.version().revision())
                .containsExactly(3L, 2L);
    }

    private static Mutation append(String prefix) {
        return Mutation.putSequential(prefix, TopicUnderTest.payload("waiter"), LeaseRule.none());
    }

    private static void assertRejected(TopicUnderTest topic, Mutation... mutations) {
        Version head = topic.head();
        assertThatThrownBy(() -> topic.commit(List.of(), mutations)).isInstanceOf(RejectedException.class);
        assertThat(topic.head()).isEqualTo(head);
    }

    private static long sum(Committed committed, int mutation) {
        Change change = Objects.requireNonNull(committed.outcome(mutation));
        return Objects.requireNonNull(change.payload()).integer();
    }
}
