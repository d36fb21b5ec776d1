package io.distsync.backend;

import static io.distsync.backend.Capability.TIME;
import static io.distsync.backend.TopicUnderTest.leased;
import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.History.Changes;
import io.distsync.backend.History.Gone;
import io.distsync.backend.TopicOptions.Retention;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class HistoryCases {

    private static final Duration IDLE = Duration.ofMinutes(10);

    @Test
    @DisplayName("B35: history returns what happened after a position, oldest first")
    void historyReturnsWhatFollows(TopicUnderTest topic) {
        Version first = topic.put("a", "1");
        Version second = topic.put("b", "1");
        Version third = topic.put("a", "2");

        assertThat(versions(topic.log(Version.ABSENT))).containsExactly(first, second, third);
        assertThat(versions(topic.log(first))).containsExactly(second, third);
        assertThat(topic.history(third, 10)).isEqualTo(new Changes(List.of(), third));
    }

    @Test
    @DisplayName("B36: a position that is not on the chain is gone: ahead, of another link, of another epoch")
    void foreignPositionsAreGone(TopicUnderTest topic) {
        Version first = topic.put("a", "1");
        Version head = topic.put("a", "2");

        for (Version foreign : List.of(
                new Version(head.epoch(), head.revision() + 1, head.link()),
                new Version(head.epoch(), head.revision(), head.link() + 1),
                new Version(head.epoch(), first.revision(), head.link()),
                new Version(head.epoch() + 1, 1, first.link()),
                new Version(head.epoch() - 1, first.revision(), first.link()))) {
            History history = topic.history(foreign, 10);
            assertThat(history).as("after %s", foreign).isInstanceOf(Gone.class);
            assertThat(((Gone) history).head()).isEqualTo(head);
        }
    }

    @Test
    @DisplayName("B36: the edge of a trimmed log is known by its link, not by its number")
    void edgeOfATrimmedLogIsKnownByItsLink(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        kept.forget();
        Version oldest = kept.oldest();

        assertThat(kept.history(oldest, 1)).isInstanceOf(Changes.class);
        for (Version foreign : List.of(
                new Version(oldest.epoch(), oldest.revision(), oldest.link() + 1),
                new Version(oldest.epoch() + 1, oldest.revision(), oldest.link()))) {
            assertThat(kept.history(foreign, 1)).as("after %s", foreign).isInstanceOf(Gone.class);
        }
    }

    @Test
    @DisplayName("B36: nothing is known of a position in a topic nobody wrote")
    void positionInAnUnwrittenTopicIsGone(TopicUnderTest topic) {
        assertThat(topic.history(new Version(1, 1, 1), 10)).isInstanceOf(Gone.class);
    }

    @Test
    @DisplayName("B37: pages hold whole commits, and no more changes than asked unless one commit is larger")
    void pagesHoldWholeCommits(TopicUnderTest topic) {
        topic.apply(put("a"), put("b"));
        topic.apply(put("a"), put("b"), put("c"));
        topic.put("d", "1");

        assertThat(pageSizes(topic, 1)).containsExactly(2, 3, 1);
        assertThat(pageSizes(topic, 3)).containsExactly(2, 3, 1);
        assertThat(pageSizes(topic, 4)).containsExactly(2, 4);
        assertThat(pageSizes(topic, 5)).containsExactly(5, 1);
        assertThat(pageSizes(topic, 100)).containsExactly(6);
    }

    private static List<Integer> pageSizes(TopicUnderTest topic, int limit) {
        List<Integer> sizes = new ArrayList<>();
        Version position = Version.ABSENT;
        while (true) {
            List<Change> changes = ((Changes) topic.history(position, limit)).changes();
            if (changes.isEmpty()) {
                return sizes;
            }
            sizes.add(changes.size());
            assertThat(changes.get(0).index()).isZero();
            assertThat(changes.get(changes.size() - 1).endsCommit()).isTrue();
            position = changes.get(changes.size() - 1).version();
        }
    }

    @Test
    @DisplayName("B38: a position inside a commit is on the chain")
    void positionInsideACommitIsKnown(TopicUnderTest topic) {
        Committed committed = topic.committed(List.of(), put("a"), put("b"), put("c"));
        Version inside = topic.log(Version.ABSENT).get(0).version();

        History history = topic.history(inside, 10);

        assertThat(history).isInstanceOf(Changes.class);
        assertThat(((Changes) history).changes()).contains(committed.outcome(1), committed.outcome(2));
    }

    @Test
    @DisplayName("B39: retention by count keeps at least that many changes, and not much more")
    void retentionByCountKeepsThatMany(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Version early = kept.put("a", "1");
        Version head = kept.forget();

        assertThat(kept.history(early, 1)).isInstanceOf(Gone.class);
        List<Change> log = kept.log(kept.oldest());
        assertThat(log).hasSizeGreaterThanOrEqualTo(Limits.MAX_MUTATIONS);
        assertThat(log.get(log.size() - 1).version()).isEqualTo(head);
        for (int i = 0; i < 300; i++) {
            kept.put("b", "" + i);
        }
        assertThat(kept.log(kept.oldest())).hasSizeGreaterThanOrEqualTo(Limits.MAX_MUTATIONS);
    }

    @Test
    @DisplayName("B40: trimming ends on a commit's boundary")
    void trimmingEndsOnACommit(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Mutation[] seven = {put("a"), put("b"), put("c"), put("d"), put("e"), put("f"), put("g")};
        for (int i = 0; i < 200; i++) {
            kept.apply(seven);

            Version oldest = kept.oldest();
            assertThat(oldest.revision() % seven.length)
                    .as("oldest is %s", oldest)
                    .isZero();
        }
        assertThat(kept.oldest()).isNotEqualTo(Version.ABSENT);
    }

    @Test
    @DisplayName("B40: a commit as large as the retention is kept whole")
    void largestCommitIsKeptWhole(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        kept.fill(1_000);
        Mutation[] largest = new Mutation[Limits.MAX_MUTATIONS];
        for (int i = 0; i < largest.length; i++) {
            largest[i] = put("k" + i);
        }
        Version before = kept.head();
        kept.apply(largest);

        assertThat(kept.log(before)).hasSize(Limits.MAX_MUTATIONS);
    }

    @Test
    @DisplayName("B41: retention of everything keeps everything")
    void retentionOfEverythingKeepsEverything(TopicUnderTest topic) {
        TopicUnderTest kept = topic.kept(TopicOptions.defaults().withRetention(Retention.everything()));

        kept.fill(5_000);

        assertThat(kept.log(Version.ABSENT)).hasSize(5_000);
    }

    @Test
    @Needs(TIME)
    @DisplayName("B42: retention by age keeps what is younger, and drops what is older")
    void retentionByAgeKeepsTheYoung(StoreUnderTest store, TopicUnderTest topic) {
        Duration age = Duration.ofMinutes(10);
        TopicUnderTest kept = topic.kept(TopicOptions.defaults().withRetention(Retention.age(age)));
        Version old = kept.put("a", "old");
        kept.fill(1_000);
        store.advance(age.minusSeconds(1));
        kept.fill(100);
        assertThat(kept.oldest()).as("while nothing has reached the age").isEqualTo(Version.ABSENT);

        store.advance(Duration.ofSeconds(2));
        for (int i = 0; i < 20; i++) {
            kept.fill(100);
            store.advance(store.fixture().sweep());
        }

        assertThat(kept.history(old, 1)).isInstanceOf(Gone.class);
        assertThat(kept.log(kept.oldest())).hasSizeGreaterThanOrEqualTo(2_000);
    }

    @Test
    @DisplayName("B43: a topic may log keys without payloads; the entries keep theirs")
    void keysCanBeLoggedWithoutPayloads(TopicUnderTest topic) {
        TopicUnderTest keys = topic.kept(TopicOptions.defaults().withLogPayloads(false));

        try (RecordingFollower follower = keys.follow(Version.ABSENT, Scope.log())) {
            keys.apply(putText("a", "1"), Mutation.add("counter", 2));
            Version head = keys.delete("a");
            follower.awaitAt(head);

            assertThat(keys.log(Version.ABSENT)).hasSize(3).allMatch(change -> change.payload() == null);
            assertThat(follower.changes()).isEqualTo(keys.log(Version.ABSENT));
            assertThat(keys.text("counter")).isEqualTo("2");
            assertThat(keys.log(Version.ABSENT)).extracting(Change::isTombstone).containsExactly(false, false, true);
        }
    }

    @Test
    @Needs(TIME)
    @DisplayName("B44: an idle topic is dropped, and its versions grow when it returns")
    void idleTopicReturnsWithNewerVersions(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest idle = topic.kept(TopicOptions.defaults().withIdleMillis(IDLE.toMillis()));
        Version before = idle.apply(put("a"), put("b"));

        store.advancePastIdle(IDLE);

        assertThat(idle.entries()).isEmpty();
        // The first answer may be that the sender's knowledge is too old; it brings the head to go on from.
        assertThat(idle.commit(List.of(Check.versionIs("a", before)), put("a"))).isNotInstanceOf(Committed.class);
        idle.conflict(List.of(Check.versionIs("a", before)), put("a"));
        Committed back = idle.committed(List.of(Check.absent("a")), putText("a", "back"));
        assertThat(back.head().isNewerThan(before)).isTrue();
        assertThat(idle.history(before, 10)).isInstanceOf(Gone.class);
        assertThat(idle.entries()).containsOnlyKeys("a");
    }

    @Test
    @Needs(TIME)
    @DisplayName("B44: a commit from before the topic was dropped is not applied again")
    void commitFromBeforeTheDropIsNotRepeated(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest idle = topic.kept(TopicOptions.defaults().withIdleMillis(IDLE.toMillis()));
        idle.put("a", "1");
        Commit commit = idle.request(List.of(), Mutation.add("counter", 1));
        idle.committed(commit);

        store.advancePastIdle(IDLE);

        assertThat(idle.send(commit)).isInstanceOf(CommitResult.TooOld.class);
        assertThat(idle.entry("counter")).isNull();
    }

    @Test
    @Needs(TIME)
    @DisplayName("B45: a topic that is followed, fenced, leased or used is not idle")
    void topicInUseIsNotIdle(StoreUnderTest store) {
        TopicOptions options = TopicOptions.defaults().withIdleMillis(IDLE.toMillis());
        TopicUnderTest followed = store.topic("followed").kept(options);
        TopicUnderTest fenced = store.topic("fenced").kept(options);
        TopicUnderTest held = store.topic("leased").kept(options);
        TopicUnderTest written = store.topic("written").kept(options);
        followed.put("a", "1");
        fenced.committed(List.of(Check.fence("lock", new Version(1, 1, 1))), put("a"));
        held.apply(put("a"), leased("lease", "1", "id", IDLE.multipliedBy(10)));

        try (RecordingFollower follower = followed.followEntries()) {
            for (int i = 0; i < 4; i++) {
                written.put("a", "" + i);
                store.advance(IDLE.minusSeconds(10));
            }
            follower.awaitState(FeedState.CURRENT);
            assertThat(follower.resets()).isEmpty();
            assertThat(List.of(followed, fenced, held, written))
                    .allSatisfy(topic -> assertThat(topic.text("a")).isNotNull());
        }
    }

    private static List<Version> versions(List<Change> changes) {
        return changes.stream().map(Change::version).toList();
    }
}
