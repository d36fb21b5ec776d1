package io.distsync.backend;

import static io.distsync.backend.Capability.CONNECTION;
import static io.distsync.backend.Capability.SECOND_CLIENT;
import static io.distsync.backend.Capability.SILENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.error.SyncException;
import io.distsync.version.Version;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class ConnectionCases {

    @Test
    @Needs({CONNECTION, SECOND_CLIENT})
    @DisplayName("F2: disconnect, many commits, reconnect: every missed change, in order, no Reset")
    void missedChangesArriveAfterReconnect(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest elsewhere = topic.through(store.open());
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitAt(topic.put("a", "before"));
            store.cut(topic.client());
            follower.awaitState(FeedState.STALE);
            for (int i = 0; i < 300; i++) {
                elsewhere.put("k" + i % 10, "" + i);
            }
            store.heal(topic.client());

            follower.awaitAt(elsewhere.head()).awaitState(FeedState.CURRENT).verifyHolds(elsewhere);
            assertThat(follower.resets()).isEmpty();
            assertThat(follower.changes().size()).isGreaterThanOrEqualTo(300);
        }
    }

    @Test
    @Needs({CONNECTION, SECOND_CLIENT})
    @DisplayName("F3: disconnect past the trim: one Reset")
    void reconnectPastTheTrimIsOneReset(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        TopicUnderTest elsewhere = kept.through(store.open());
        try (RecordingFollower follower = kept.followEntries()) {
            Version seen = kept.put("a", "before");
            follower.awaitAt(seen).awaitState(FeedState.CURRENT); // no question is under way any more
            store.cut(kept.client());
            follower.awaitState(FeedState.STALE);
            Version head = elsewhere.forget();
            store.heal(kept.client());

            follower.awaitAt(head).awaitState(FeedState.CURRENT).verifyHolds(elsewhere);
            if (follower.resets().isEmpty() && store.fixture().broadcastOutlastsTheLog()) {
                assertThat(follower.changes().stream()
                                .filter(change -> change.version().isNewerThan(seen)))
                        .as("nothing was lost")
                        .hasSize((int) (head.revision() - seen.revision()));
                return;
            }
            assertThat(follower.resets()).hasSize(1);
            assertThat(follower.resets().get(0).from()).isEqualTo(seen);
        }
    }

    @Test
    @Needs({SILENCE, SECOND_CLIENT})
    @DisplayName("F13: a silent connection is found, and what was missed arrives")
    void silentConnectionIsFound(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest elsewhere = topic.through(store.open());
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitState(FeedState.CURRENT);
            store.silence(topic.client());
            elsewhere.put("a", "missed");
            follower.awaitState(FeedState.STALE);
            store.heal(topic.client());

            follower.awaitAt(elsewhere.head()).awaitState(FeedState.CURRENT).verifyHolds(elsewhere);
        }
    }

    @Test
    @Needs({CONNECTION, SECOND_CLIENT})
    @DisplayName("F17: the state goes CURRENT, STALE, RESYNCING, CURRENT")
    void stateFollowsTheConnection(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "1");
        TopicUnderTest elsewhere = topic.through(store.open());
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitState(FeedState.CURRENT);
            int before = follower.states().size();
            store.cut(topic.client());
            follower.awaitState(FeedState.STALE);
            elsewhere.put("a", "2");
            store.heal(topic.client());
            follower.awaitState(FeedState.CURRENT);

            List<FeedState> states = follower.states();
            assertThat(states.subList(before - 1, states.size()))
                    .containsExactly(FeedState.CURRENT, FeedState.STALE, FeedState.RESYNCING, FeedState.CURRENT);
        }
    }

    @Test
    @Needs({CONNECTION, SECOND_CLIENT})
    @DisplayName("F17: a follower opened while the store is away gets there when it is back")
    void followerOpenedWhileAwayGetsThere(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "1");
        store.cut(topic.client());
        try (RecordingFollower follower = topic.followEntries()) {
            assertThat(follower.states()).doesNotContain(FeedState.CURRENT);
            store.heal(topic.client());

            follower.awaitState(FeedState.CURRENT).verifyHolds(topic);
        }
    }

    @Test
    @Needs(CONNECTION)
    @DisplayName("B51: what is asked while the store is away fails typed, and works again after")
    void operationsFailTypedWhileAway(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("counter", "1");
        Commit commit = topic.request(List.of(), Mutation.add("counter", 1));

        store.cut(topic.client());
        assertThatThrownBy(() -> topic.send(commit)).isInstanceOf(SyncException.class);
        assertThatThrownBy(topic::head).isInstanceOf(SyncException.class);
        assertThatThrownBy(() -> topic.history(Version.ABSENT, 1)).isInstanceOf(SyncException.class);
        assertThatThrownBy(() -> topic.keepAlive(topic.lease("a", "id"))).isInstanceOf(SyncException.class);
        store.heal(topic.client());

        assertThat(StoreUnderTest.insist(topic.client(), commit)).isInstanceOf(CommitResult.Committed.class);
        assertThat(topic.text("counter")).isEqualTo("2");
    }
}
