package io.distsync.backend;

import static io.distsync.backend.TopicUnderTest.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.FailedCheck;
import io.distsync.error.RejectedException;
import io.distsync.version.Version;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class FenceCases {

    private static final Version FIRST = new Version(100, 7, 1);
    private static final Version SECOND = new Version(100, 9, 2);
    private static final Version NEXT_EPOCH = new Version(101, 1, 3);

    @Test
    @DisplayName("S31: an older token conflicts, with the highest one seen")
    void olderTokenConflicts(TopicUnderTest topic) {
        topic.committed(List.of(Check.fence("lock", SECOND)), put("a"));
        Check stale = Check.fence("lock", FIRST);

        Conflict conflict = topic.conflict(List.of(stale), put("b"));

        assertThat(conflict.failed()).containsExactly(new FailedCheck(stale, null, SECOND));
        assertThat(topic.entry("b")).isNull();
    }

    @Test
    @DisplayName("S31: the same token passes again, a newer one raises")
    void sameAndNewerTokensPass(TopicUnderTest topic) {
        topic.committed(List.of(Check.fence("lock", FIRST)), put("a"));
        topic.committed(List.of(Check.fence("lock", FIRST)), put("a"));
        topic.committed(List.of(Check.fence("lock", SECOND)), put("a"));
        topic.conflict(List.of(Check.fence("lock", FIRST)), put("a"));
        topic.committed(List.of(Check.fence("lock", NEXT_EPOCH)), put("a"));
        topic.conflict(List.of(Check.fence("lock", SECOND)), put("a"));
    }

    @Test
    @DisplayName("S31: each name has a fence of its own")
    void fencesAreKeptByName(TopicUnderTest topic) {
        topic.committed(List.of(Check.fence("one", SECOND)), put("a"));
        topic.committed(List.of(Check.fence("two", FIRST)), put("a"));

        Conflict conflict = topic.conflict(List.of(Check.fence("one", FIRST), Check.fence("two", FIRST)), put("a"));

        assertThat(conflict.failed()).containsExactly(new FailedCheck(Check.fence("one", FIRST), null, SECOND));
    }

    @Test
    @DisplayName("S31: a commit without mutations raises a fence and uses no revision")
    void commitWithoutMutationsRaisesTheFence(TopicUnderTest topic) {
        Version head = topic.put("a", "before");

        topic.committed(List.of(Check.fence("lock", SECOND)));

        assertThat(topic.head()).isEqualTo(head);
        topic.conflict(List.of(Check.fence("lock", FIRST)), put("a"));
    }

    @Test
    @DisplayName("S31: a fence can be raised in a topic nobody wrote yet")
    void fenceIsRaisedInAnEmptyTopic(TopicUnderTest topic) {
        topic.committed(List.of(Check.fence("lock", SECOND)));

        topic.conflict(List.of(Check.fence("lock", FIRST)), put("a"));
        topic.committed(List.of(Check.fence("lock", SECOND), Check.absent("a")), put("a"));
    }

    @Test
    @DisplayName("S31: a commit that fails another check raises no fence")
    void failedCommitRaisesNoFence(TopicUnderTest topic) {
        topic.committed(List.of(Check.fence("lock", FIRST)), put("a"));

        topic.conflict(List.of(Check.fence("lock", SECOND), Check.absent("a")), put("b"));

        topic.committed(List.of(Check.fence("lock", FIRST)), put("b"));
    }

    @Test
    @DisplayName("S31: a rejected commit raises no fence")
    void rejectedCommitRaisesNoFence(TopicUnderTest topic) {
        topic.apply(TopicUnderTest.putText("text", "no number"));
        topic.committed(List.of(Check.fence("lock", FIRST)), put("a"));

        assertThatThrownBy(() -> topic.commit(List.of(Check.fence("lock", SECOND)), Mutation.add("text", 1)))
                .isInstanceOf(RejectedException.class);

        topic.committed(List.of(Check.fence("lock", FIRST)), put("b"));
    }

    @Test
    @DisplayName("S31: a fence outlives every entry and the log's retention")
    void fenceOutlivesEntriesAndLog(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        kept.committed(List.of(Check.fence("lock", SECOND)), put("a"));
        kept.delete("a");
        kept.forget();

        kept.conflict(List.of(Check.fence("lock", FIRST)), put("a"));
    }
}
