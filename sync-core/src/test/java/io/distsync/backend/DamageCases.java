package io.distsync.backend;

import static io.distsync.backend.Capability.FLUSH_CACHES;
import static io.distsync.backend.Capability.FOREIGN_DATA;
import static io.distsync.backend.Capability.LOSE_LOG;
import static io.distsync.backend.Capability.LOSE_STATE;
import static io.distsync.backend.Capability.LOSE_TOPIC;
import static io.distsync.backend.Capability.RESTART;
import static io.distsync.backend.Capability.REWIND;
import static io.distsync.backend.Capability.UNKNOWN_LAYOUT;
import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.error.RejectedException;
import io.distsync.version.Version;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class DamageCases {

    @Test
    @Needs(FOREIGN_DATA)
    @DisplayName("S17: data of a foreign kind is refused by name, and left alone")
    void foreignDataIsRefused(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest healthy = store.topic("healthy");
        store.willNotAnswer();
        store.fixture().plantForeignData(topic.name());

        assertThatThrownBy(() -> topic.put("a", "1"))
                .isInstanceOf(RejectedException.class)
                .hasMessageContaining(topic.name());
        assertThatThrownBy(() -> topic.text("a")).isInstanceOf(RejectedException.class);
        healthy.put("a", "1");
        assertThat(healthy.text("a")).isEqualTo("1");
    }

    @Test
    @Needs(UNKNOWN_LAYOUT)
    @DisplayName("S18: an unknown layout version is refused")
    void unknownLayoutIsRefused(StoreUnderTest store, TopicUnderTest topic) {
        store.willNotAnswer();
        store.fixture().plantUnknownLayout(topic.name());

        assertThatThrownBy(() -> topic.put("a", "1")).isInstanceOf(RejectedException.class);
        assertThatThrownBy(() -> topic.text("a")).isInstanceOf(RejectedException.class);
    }

    @Test
    @Needs(FLUSH_CACHES)
    @DisplayName("S22: the caches of the store are emptied under load: nothing is lost")
    void emptiedCachesLoseNothing(StoreUnderTest store, TopicUnderTest topic) {
        try (Workers workers = Workers.start(3, worker -> {
            for (int i = 0; i < 50; i++) {
                if (worker == 0) {
                    store.fixture().flushCaches();
                }
                topic.apply(Mutation.add("counter", 1));
            }
        })) {
            workers.join();
        }

        assertThat(topic.text("counter")).isEqualTo("150");
    }

    @Test
    @Needs(REWIND)
    @DisplayName("S21: a store that went back and was written past the old revision: every follower converges")
    void rewoundStoreIsNoticed(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "common");
        Runnable rewind = store.fixture().remember();
        try (RecordingFollower follower = topic.followEntries()) {
            for (int i = 0; i < 5; i++) {
                topic.put("lost", "" + i);
            }
            Version lost = topic.version("lost");
            follower.awaitAt(lost);

            rewind.run();
            for (int i = 0; i < 9; i++) {
                insistentPut(topic, "kept", "" + i);
            }

            follower.await("the store's entries", () -> {
                return follower.texts().containsKey("kept")
                        && !follower.texts().containsKey("lost")
                        && "8".equals(follower.texts().get("kept"));
            });
            assertThat(follower.resets()).isNotEmpty();
            follower.verifyHolds(topic);
            topic.conflict(List.of(Check.versionIs("lost", lost)), put("stale"));
            topic.conflict(List.of(Check.versionIs("kept", lost)), put("stale"));
        }
    }

    @Test
    @Needs(REWIND)
    @DisplayName("F5: a position from a history that was rolled back is reset")
    void positionOfARolledBackHistoryIsReset(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "common");
        Runnable rewind = store.fixture().remember();
        Version lost = topic.put("a", "lost");

        rewind.run();
        insistentPut(topic, "a", "other");

        try (RecordingFollower follower = topic.follow(lost, Scope.entries())) {
            follower.await(
                    "the other history", () -> "other".equals(follower.texts().get("a")));
            assertThat(follower.resets()).hasSize(1);
        }
        assertThat(topic.history(lost, 10)).isInstanceOf(History.Gone.class);
    }

    @Test
    @Needs(REWIND)
    @DisplayName("F23: the changes of a rewound history are not mistaken for duplicates")
    void rewoundHistoryIsNotMistakenForDuplicates(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "common");
        Runnable rewind = store.fixture().remember();
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitAt(topic.put("a", "lost"));

            rewind.run();
            insistentPut(topic, "a", "other");

            follower.await(
                    "the other history", () -> "other".equals(follower.texts().get("a")));
            assertThat(follower.resets()).isNotEmpty();
        }
    }

    @Test
    @Needs(LOSE_STATE)
    @DisplayName("F6: the entries are lost, the log is kept: a new epoch, and followers converge")
    void lostStateIsNoticed(StoreUnderTest store, TopicUnderTest topic) {
        Version lost = topic.put("a", "lost");
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitAt(lost);
            store.fixture().loseState(topic.name());

            converges(topic, follower, lost);
        }
    }

    @Test
    @Needs(LOSE_LOG)
    @DisplayName("F6: the log is lost, the entries are kept: a new epoch, and followers converge")
    void lostLogIsNoticed(StoreUnderTest store, TopicUnderTest topic) {
        Version before = topic.put("a", "kept");
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitAt(before);
            store.fixture().loseLog(topic.name());

            converges(topic, follower, before);
            assertThat(topic.text("a")).isEqualTo("kept");
        }
    }

    @Test
    @Needs(LOSE_TOPIC)
    @DisplayName("F5: all of a topic is lost: a new epoch, and followers converge")
    void lostTopicIsNoticed(StoreUnderTest store, TopicUnderTest topic) {
        for (int i = 0; i < 10; i++) {
            topic.put("a", "" + i);
        }
        Version lost = topic.head();
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitAt(lost);
            store.fixture().loseTopic(topic.name());

            converges(topic, follower, lost);
            assertThat(follower.resets()).isNotEmpty();
        }
    }

    private static void converges(TopicUnderTest topic, RecordingFollower follower, Version before) {
        Version written = insistentPut(topic, "b", "written");

        assertThat(written.isNewerThan(before))
                .as("%s after %s", written, before)
                .isTrue();
        follower.await("the new entry", () -> "written".equals(follower.texts().get("b")));
        follower.awaitState(FeedState.CURRENT).verifyHolds(topic);
    }

    @Test
    @Needs(LOSE_TOPIC)
    @DisplayName("S28: a repeat after all was lost is never applied as if it were new")
    void repeatAfterLossIsNotApplied(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "1");
        Commit commit = topic.request(List.of(), Mutation.add("counter", 1));
        topic.committed(commit);

        store.fixture().loseTopic(topic.name());

        assertThat(topic.send(commit)).isInstanceOf(CommitResult.TooOld.class);
        assertThat(topic.entry("counter")).isNull();
    }

    @Test
    @Needs(RESTART)
    @DisplayName("F22: a store that restarts with its data: nothing is lost, and it is no Reset")
    void restartWithDataIsNoReset(StoreUnderTest store, TopicUnderTest topic) {
        Commit before = topic.request(List.of(), Mutation.add("counter", 1));
        CommitResult.Committed committed = topic.committed(before);
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitAt(committed.head());

            store.fixture().restart();
            Version after = insistentPut(topic, "a", "after");

            follower.awaitAt(after).awaitState(FeedState.CURRENT).verifyHolds(topic);
            assertThat(follower.resets()).isEmpty();
        }
        CommitResult again = StoreUnderTest.insist(topic.client(), before);
        assertThat(((CommitResult.Committed) again).outcomes()).isEqualTo(committed.outcomes());
        assertThat(topic.text("counter")).isEqualTo("1");
    }

    /** A put by a sender who asks for the head first, as one has to whose knowledge may be of a lost history. */
    private static Version insistentPut(TopicUnderTest topic, String key, String text) {
        Commit commit = Commit.of(
                topic.name(), topic.request(List.of()).request(), topic.head(), List.of(), List.of(putText(key, text)));
        CommitResult result = StoreUnderTest.insist(topic.client(), commit);
        assertThat(result).isInstanceOf(CommitResult.Committed.class);
        return result.head();
    }
}
