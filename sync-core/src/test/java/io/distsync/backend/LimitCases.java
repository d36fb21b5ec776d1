package io.distsync.backend;

import static io.distsync.backend.TopicUnderTest.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.error.NotAppliedException;
import io.distsync.error.RejectedException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class LimitCases {

    @Test
    @DisplayName("S15: a payload over the limit is rejected with the limit named; one at the limit is written")
    void payloadOverTheLimitIsRejected(TopicUnderTest topic) {
        int limit = topic.client().info().maxPayloadBytes();

        assertTooLarge(topic, limit, Mutation.put("a", Payload.ofBytes(new byte[limit + 1])));
        topic.apply(Mutation.put("a", Payload.ofBytes(new byte[limit])));

        assertThat(topic.entries()).containsOnlyKeys("a");
    }

    @Test
    @DisplayName("S30: the limit holds for all payloads of a commit together")
    void payloadsOfACommitAreCountedTogether(TopicUnderTest topic) {
        int limit = topic.client().info().maxPayloadBytes();
        Payload half = Payload.ofBytes(new byte[limit / 2 + 1]);

        assertTooLarge(topic, limit, Mutation.put("a", half), Mutation.put("b", half));
        assertTooLarge(topic, limit, Mutation.put("a", half), Mutation.putSequential("q/", half, LeaseRule.none()));

        assertThat(topic.entries()).isEmpty();
    }

    private static void assertTooLarge(TopicUnderTest topic, int limit, Mutation... mutations) {
        assertThatThrownBy(() -> topic.commit(List.of(), mutations))
                .isInstanceOfAny(IllegalArgumentException.class, RejectedException.class)
                .hasMessageContaining(String.valueOf(limit))
                .hasMessageContaining(topic.name());
        assertThat(topic.head().isAbsent()).isTrue();
    }

    @Test
    @DisplayName("S30: a commit of 256 mutations is applied, one of 257 cannot be made")
    void commitHasAtMost256Mutations(TopicUnderTest topic) {
        List<Mutation> most = Collections.nCopies(Limits.MAX_MUTATIONS, Mutation.add("counter", 1));

        topic.apply(most.toArray(Mutation[]::new));

        assertThat(topic.text("counter")).isEqualTo("256");
        assertThat(topic.head().revision()).isEqualTo(256);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> topic.request(
                        List.of(), Collections.nCopies(257, put("a")).toArray(Mutation[]::new)))
                .withMessageContaining("256")
                .withMessageContaining(topic.name());
    }

    @Test
    @DisplayName("S20: after close every operation fails as not applied, and nothing more is told")
    void closedClientRefuses(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "1");
        RecordingFollower follower = topic.followEntries().awaitState(FeedState.CURRENT);
        Commit commit = topic.request(List.of(), put("a"));
        store.willNotAnswer();

        store.client().close();
        store.client().close();

        assertThatThrownBy(() -> topic.send(commit)).isInstanceOf(NotAppliedException.class);
        assertThatThrownBy(topic::head).isInstanceOf(NotAppliedException.class);
        assertThatThrownBy(() -> topic.history(Version.ABSENT, 1)).isInstanceOf(NotAppliedException.class);
        assertThatThrownBy(() -> topic.keepAlive(topic.lease("a", "id"))).isInstanceOf(NotAppliedException.class);
        assertThatThrownBy(topic::followEntries).isInstanceOf(NotAppliedException.class);
        follower.close();
        follower.close();
    }

    @Test
    @DisplayName("S20: close during full-speed writes: each commit is acknowledged or fails typed, none hangs")
    void closeDuringWritesLeavesNothingOpen(StoreUnderTest store, TopicUnderTest topic) {
        store.willNotAnswer();
        RecordingFollower follower = topic.followEntries();
        try (Workers workers = Workers.start(3, worker -> {
            for (int i = 0; i < 200; i++) {
                if (worker == 0 && i == 50) {
                    store.client().close();
                }
                try {
                    topic.put("a" + worker, "" + i);
                } catch (io.distsync.error.SyncException expected) {
                    assertThat(i).isNotNegative();
                }
            }
        })) {
            workers.join();
        }
        assertThatThrownBy(topic::head).isInstanceOf(NotAppliedException.class);
        follower.close();
    }

    @Test
    @DisplayName("B52: a bad topic name is an illegal argument of every operation, before any I/O")
    void badTopicNamesAreIllegal(StoreUnderTest store) {
        SyncBackend client = store.client();
        for (String name : List.of("", "a b", "ä", "a{b}", "a\n", "*", "x".repeat(Limits.MAX_TOPIC_LENGTH + 1))) {
            Commit commit = Commit.of(name, new RequestId(1, 1), Version.ABSENT, List.of(), List.of(put("a")));
            assertThatIllegalArgumentException().isThrownBy(() -> client.commit(commit));
            assertThatIllegalArgumentException().isThrownBy(() -> client.read(name, Selection.none()));
            assertThatIllegalArgumentException().isThrownBy(() -> client.history(name, Version.ABSENT, 1));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> client.keepAlive(List.of(new Lease(name, "a", "id"))));
            assertThatIllegalArgumentException().isThrownBy(() -> {
                try (Subscription ignored = client.follow(name, Version.ABSENT, Scope.entries(), silent())) {
                    assertThat(ignored).isNotNull();
                }
            });
        }
    }

    @Test
    @DisplayName("B52: every character a topic name may have, and the longest name, work")
    void longestTopicNameWorks(StoreUnderTest store) {
        String characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/";
        String start = store.topic("names/").name() + characters;
        String name = start + "x".repeat(Limits.MAX_TOPIC_LENGTH - start.length());
        TopicUnderTest topic = new TopicUnderTest(store, store.client(), name);

        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitAt(topic.put("a", "1")).verifyHolds(topic);
        }
        TopicInvariants.verify(topic);
    }

    @Test
    @DisplayName("B53: keys have at most 1,024 characters, prefixes of sequential keys 19 less")
    void keysAreLimited(TopicUnderTest topic) {
        String longest = "k".repeat(Limits.MAX_KEY_LENGTH);
        String prefix = "p".repeat(Limits.MAX_KEY_LENGTH - Limits.SEQUENCE_DIGITS);
        Payload payload = TopicUnderTest.payload("1");

        topic.apply(put(longest), Mutation.putSequential(prefix, payload, LeaseRule.none()));

        assertThat(topic.entries()).hasSize(2).containsKey(longest);
        assertThatIllegalArgumentException().isThrownBy(() -> put(longest + "k"));
        assertThatIllegalArgumentException().isThrownBy(() -> Mutation.delete(longest + "k"));
        assertThatIllegalArgumentException().isThrownBy(() -> Mutation.add(longest + "k", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Check.exists(longest + "k"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Mutation.putSequential(prefix + "p", payload, LeaseRule.none()));
    }

    @Test
    @DisplayName("B59: headers have at most 1,024 characters, 16 names, and none that is the library's own")
    void headersAreLimited(TopicUnderTest topic) {
        Map<String, String> longest = Map.of("n", "v".repeat(Limits.MAX_HEADERS_LENGTH - 1));
        Committed committed = topic.committed(withHeaders(topic, longest));

        assertThat(Objects.requireNonNull(committed.outcome(0)).headers()).isEqualTo(longest);
        for (Map<String, String> bad : List.of(
                Map.of("n", "v".repeat(Limits.MAX_HEADERS_LENGTH)),
                Map.of("", "v"),
                Map.of("sync-topic", "v"),
                IntStream.rangeClosed(0, Limits.MAX_HEADERS)
                        .boxed()
                        .collect(Collectors.toMap(i -> "n" + i, i -> "v")))) {
            assertThatIllegalArgumentException().isThrownBy(() -> withHeaders(topic, bad));
        }
        Commit without = topic.request(List.of(), put("a"), put("b"));
        assertThatIllegalArgumentException()
                .as("headers for one mutation of two")
                .isThrownBy(() -> TopicUnderTest.with(List.of(Map.of("n", "v")), without));
    }

    private static Commit withHeaders(TopicUnderTest topic, Map<String, String> headers) {
        return TopicUnderTest.with(List.of(headers), topic.request(List.of(), put("a")));
    }

    @Test
    @DisplayName("B54: pages, leases and history limits out of range cannot be asked for")
    void rangesOfArgumentsAreChecked(TopicUnderTest topic) {
        assertThatIllegalArgumentException().isThrownBy(() -> Selection.first("", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Selection.first("", Limits.MAX_PAGE + 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selection.keys(Collections.nCopies(Limits.MAX_PAGE + 1, "a")));
        assertThatIllegalArgumentException().isThrownBy(() -> LeaseRule.set("id", Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> LeaseRule.set("id", Duration.ofSeconds(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> LeaseRule.set("id", Limits.MAX_LEASE.plusMillis(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> LeaseRule.set("", Duration.ofSeconds(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> topic.history(Version.ABSENT, 0));
    }

    @Test
    @DisplayName("B55: null is refused at once, and harms nothing")
    void nullIsRefused(StoreUnderTest store, TopicUnderTest topic) {
        SyncBackend client = store.client();
        topic.put("a", "1");

        assertThatNullPointerException().isThrownBy(() -> client.read(nothing(), Selection.none()));
        assertThatNullPointerException().isThrownBy(() -> client.read(topic.name(), nothing()));
        assertThatNullPointerException().isThrownBy(() -> client.commit(nothing()));
        assertThatNullPointerException().isThrownBy(() -> client.history(nothing(), Version.ABSENT, 1));
        assertThatNullPointerException().isThrownBy(() -> client.history(topic.name(), nothing(), 1));
        assertThatNullPointerException().isThrownBy(() -> client.keepAlive(nothing()));
        assertNotFollowed(client, nothing(), Version.ABSENT, Scope.entries(), silent());
        assertNotFollowed(client, topic.name(), nothing(), Scope.entries(), silent());
        assertNotFollowed(client, topic.name(), Version.ABSENT, nothing(), silent());
        assertNotFollowed(client, topic.name(), Version.ABSENT, Scope.entries(), nothing());
        assertThat(topic.put("a", "2").revision()).isEqualTo(2);
    }

    private static void assertNotFollowed(
            SyncBackend client, String topic, Version after, Scope scope, ChangeListener listener) {
        assertThatNullPointerException()
                .isThrownBy(() -> client.follow(topic, after, scope, listener).close());
    }

    @Test
    @DisplayName("B56: what the backend says of itself is at hand without waiting")
    void infoIsAtHand(StoreUnderTest store) {
        BackendInfo info = store.client().info();

        assertThat(info.name()).isNotBlank();
        assertThat(info.maxPayloadBytes()).isPositive();
        Awaitility.await()
                .untilAsserted(
                        () -> // it may have to connect first
                        assertThat(store.client().info().unreachableSince()).isNull());
        assertThatCode(() -> store.client().info()).doesNotThrowAnyException();
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what a caller without null checks may pass
    private static <T> T nothing() {
        @Nullable T nothing = null;
        return nothing;
    }

    private static ChangeListener silent() {
        return new ChangeListener() {
            @Override
            public void onSnapshot(Page page) {}

            @Override
            public void onChanges(List<Change> changes) {}

            @Override
            public void onReset(Version from, Version to) {}

            @Override
            public void onState(FeedState state) {}
        };
    }
}
