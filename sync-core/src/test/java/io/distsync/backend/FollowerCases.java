package io.distsync.backend;

import static io.distsync.backend.Capability.SECOND_CLIENT;
import static io.distsync.backend.Capability.TIME;
import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.RecordingFollower.Changes;
import io.distsync.backend.RecordingFollower.Event;
import io.distsync.backend.RecordingFollower.Reset;
import io.distsync.backend.RecordingFollower.Snapshot;
import io.distsync.backend.RecordingFollower.State;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Gaps, duplicates, cut commits and overlapping calls are found by every {@link RecordingFollower} on its own. */
abstract class FollowerCases {

    @Test
    @DisplayName("F1: subscribe during full-speed writes: no hole at the seam of snapshot and log")
    void subscribingDuringWritesLeavesNoHole(TopicUnderTest topic) {
        TopicUnderTest kept = topic.kept(TopicOptions.defaults().withRetention(TopicOptions.Retention.everything()));
        List<RecordingFollower> followers = new ArrayList<>();
        try (Workers writer = Workers.repeat(i -> writeSomething(kept, i))) {
            for (int i = 0; i < 40; i++) {
                followers.add(kept.followEntries());
                followers.add(kept.follow(Version.ABSENT, Scope.keys(Set.of("k1", "k2", "never"))));
                followers.add(kept.follow(kept.head(), Scope.log()));
                followers.add(kept.follow(kept.head(), Scope.entries()));
                followers.get(followers.size() - 2).awaitAt(kept.head());
            }
            writer.stop();
        }
        kept.apply(put("k1"), put("k2"));

        for (RecordingFollower follower : followers) {
            follower.awaitAt(kept.head());
            assertThat(follower.resets()).isEmpty();
        }
        for (int i = 0; i < followers.size(); i += 4) {
            followers.get(i).verifyHolds(kept);
            assertThat(followers.get(i + 1).texts()).containsOnlyKeys("k1", "k2");
        }
    }

    private static void writeSomething(TopicUnderTest topic, int i) {
        switch (i % 4) {
            case 0 -> topic.apply(putText("k1", "" + i), putText("k2", "" + i));
            case 1 -> topic.apply(Mutation.add("counter", 1));
            case 2 -> topic.apply(Mutation.delete("k1"), putText("k" + i % 50, "" + i));
            default -> topic.apply(putText("k" + i % 70, "" + i));
        }
    }

    @Test
    @DisplayName("F2: follow again after the last position: the missed changes, in order, and nothing else")
    void followingFromAPositionBringsWhatWasMissed(TopicUnderTest topic) {
        topic.put("a", "1");
        for (Scope scope : List.of(Scope.entries(), Scope.log())) {
            Version position = topic.head();
            topic.apply(put("a"), put("b"));
            Version last = topic.delete("a");

            try (RecordingFollower follower = topic.follow(position, scope)) {
                follower.awaitAt(last);
                assertThat(follower.changes()).isEqualTo(topic.log(position));
                assertThat(follower.snapshots()).isEmpty();
                assertThat(follower.resets()).isEmpty();
                follower.awaitAt(topic.put("c", "1"));
            }
        }
    }

    @Test
    @DisplayName("F2: a follower of keys goes on after its position too")
    void followerOfKeysGoesOnFromAPosition(TopicUnderTest topic) {
        Version position = topic.apply(put("a"), put("b"));
        topic.apply(put("b"), put("c"));
        Version last = topic.put("a", "missed");

        try (RecordingFollower follower = topic.follow(position, Scope.keys(Set.of("a")))) {
            follower.await(
                    "the missed change", () -> "missed".equals(follower.texts().get("a")));
            follower.awaitAt(topic.put("a", "later"));
            assertThat(follower.changes()).extracting(Change::version).contains(last);
        }
    }

    @Test
    @DisplayName("F3: follow from before the trim: one Reset, a snapshot, then every change")
    void positionBeforeTheTrimIsReset(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Version position = kept.put("a", "1");
        Version head = kept.forget();

        try (RecordingFollower follower = kept.follow(position, Scope.entries())) {
            follower.awaitAt(head).awaitAt(kept.put("a", "2")).verifyHolds(kept);

            assertThat(withoutStates(follower).get(0)).isInstanceOf(Reset.class);
            assertThat(withoutStates(follower).get(1)).isInstanceOf(Snapshot.class);
            assertThat(follower.resets()).hasSize(1);
            assertThat(follower.resets().get(0).from()).isEqualTo(position);
            assertThat(follower.snapshots()).hasSize(1);
            assertThat(follower.changes()).hasSize(1);
        }
    }

    @Test
    @DisplayName("F3: the log followed from before the trim: one Reset, and every change after what it names")
    void logBeforeTheTrimIsReset(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Version position = kept.put("a", "1");
        kept.forget();

        for (Version after : List.of(position, Version.ABSENT)) {
            try (RecordingFollower follower = kept.follow(after, Scope.log())) {
                follower.awaitAt(kept.put("a", "2"));

                assertThat(withoutStates(follower).get(0)).isInstanceOf(Reset.class);
                assertThat(follower.resets()).hasSize(1);
                Reset reset = follower.resets().get(0);
                assertThat(reset.from()).isEqualTo(after);
                assertThat(follower.changes()).isEqualTo(kept.log(reset.to()));
            }
        }
    }

    @Test
    @DisplayName("F3: keys followed from before the trim: what they hold now is told")
    void keysBeforeTheTrimAreBroughtUpToDate(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Version position = kept.apply(put("a"), put("b"), put("c"));
        kept.apply(putText("a", "2"), Mutation.delete("b"));
        kept.forget();

        try (RecordingFollower follower = kept.follow(position, Scope.keys(Set.of("a", "b")))) {
            follower.await("the new value", () -> "2".equals(follower.texts().get("a")));
            follower.awaitAt(kept.put("b", "back"));

            assertThat(follower.texts()).containsOnlyKeys("a", "b").containsEntry("b", "back");
            assertThat(follower.resets()).hasSize(1);
        }
    }

    @Test
    @DisplayName("F4: trimmed exactly at the last change seen: no Reset; one change further: one Reset")
    void edgeOfTheTrimIsExact(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Version beforeOldest = trimOnce(kept);
        Version oldest = trimOnce(kept);
        List<Change> retained = kept.log(oldest);

        try (RecordingFollower atTheEdge = kept.follow(oldest, Scope.entries());
                RecordingFollower beyond = kept.follow(beforeOldest, Scope.entries())) {
            atTheEdge.awaitAt(kept.head());
            beyond.awaitAt(kept.head());

            assertThat(atTheEdge.changes()).isEqualTo(retained);
            assertThat(atTheEdge.resets()).isEmpty();
            assertThat(atTheEdge.snapshots()).isEmpty();
            assertThat(beyond.resets()).hasSize(1);
        }
    }

    /** Writes until the log is trimmed once more; returns the position from which it can be read now. */
    private static Version trimOnce(TopicUnderTest topic) {
        Version before = topic.oldest();
        while (topic.oldest().equals(before)) {
            topic.put("a", "after " + before);
        }
        return topic.oldest();
    }

    @Test
    @DisplayName("F4: trimmed exactly at a deletion: no Reset, and the key stays deleted")
    void trimAtATombstoneIsNoReset(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Set<Version> tombstones = new HashSet<>();
        for (int i = 0; !tombstones.contains(kept.oldest()); i++) {
            kept.put("a", "1");
            tombstones.add(kept.delete("a"));
            if (i % 100 == 99) {
                kept.put("b", "1"); // out of step: a store that trims by blocks might never meet a deletion otherwise
                kept.put("b", "2");
                tombstones.add(kept.delete("b"));
            }
        }
        Version tombstone = kept.oldest();

        try (RecordingFollower follower = kept.follow(tombstone, Scope.entries());
                RecordingFollower fresh = kept.followEntries()) {
            follower.awaitAt(kept.head());
            assertThat(follower.resets()).isEmpty();
            assertThat(follower.texts()).isEmpty();
            fresh.awaitAt(kept.head()).verifyHolds(kept);
        }
    }

    @Test
    @DisplayName("F5: a position ahead of the log, or of another history, is reset")
    void foreignPositionIsReset(TopicUnderTest topic) {
        Version first = topic.put("a", "1");
        Version head = topic.put("a", "2");

        for (Version foreign : List.of(
                new Version(head.epoch(), head.revision() + 5, head.link()),
                new Version(head.epoch(), head.revision(), head.link() + 1),
                new Version(head.epoch(), first.revision(), first.link() + 1),
                new Version(head.epoch() - 1, head.revision() + 100, 5))) {
            try (RecordingFollower follower = topic.follow(foreign, Scope.entries())) {
                follower.awaitAt(topic.put("a", "3")).verifyHolds(topic);
                assertThat(follower.resets()).as("after %s", foreign).hasSize(1);
                assertThat(follower.resets().get(0).from()).isEqualTo(foreign);
            }
        }
    }

    @Test
    @DisplayName("F7: a listener that always throws, exceptions or errors, delays nobody and misses nothing")
    void throwingListenerHarmsNobody(TopicUnderTest topic) {
        topic.put("a", "0");
        RecordingFollower.Reaction exception = event -> {
            throw new ThrownByListener();
        };
        RecordingFollower.Reaction error = event -> {
            throw new ErrorOfListener();
        };

        try (RecordingFollower throwing = topic.follow(Version.ABSENT, Scope.entries(), exception);
                RecordingFollower failing = topic.follow(Version.ABSENT, Scope.entries(), error);
                RecordingFollower healthy = topic.followEntries()) {
            for (int i = 1; i <= 5; i++) {
                topic.put("a", "" + i);
            }
            for (RecordingFollower follower : List.of(throwing, failing, healthy)) {
                follower.awaitAt(topic.head()).verifyHolds(topic);
                assertThat(follower.changes()).hasSize(5);
                assertThat(follower.resets()).isEmpty();
            }
        }
    }

    @Test
    @DisplayName("F7: a listener that throws once goes on with the next change")
    void listenerThatThrowsOnceGoesOn(TopicUnderTest topic) {
        AtomicInteger calls = new AtomicInteger();
        try (RecordingFollower follower = topic.follow(Version.ABSENT, Scope.entries(), event -> {
            if (event instanceof Changes && calls.incrementAndGet() == 2) {
                throw new ThrownByListener();
            }
        })) {
            follower.awaitState(FeedState.CURRENT);
            for (int i = 1; i <= 5; i++) {
                topic.put("a", "" + i);
            }
            follower.awaitAt(topic.head()).verifyHolds(topic);
            assertThat(follower.changes()).hasSize(5);
        }
    }

    @Test
    @DisplayName("F10: a follower closed inside its own callback is told nothing more")
    void followerCanCloseItself(TopicUnderTest topic) {
        AtomicReference<RecordingFollower> self = new AtomicReference<>();
        RecordingFollower follower = topic.follow(topic.head(), Scope.log(), event -> {
            if (event instanceof Changes) {
                Objects.requireNonNull(self.get()).close();
            }
        });
        self.set(follower);
        try (RecordingFollower other = topic.followEntries()) {
            topic.put("a", "1");
            follower.await("its only change", () -> !follower.changes().isEmpty());
            for (int i = 2; i <= 10; i++) {
                topic.put("a", "" + i);
            }
            other.awaitAt(topic.head());
        }

        assertThat(follower.changes()).hasSize(1);
    }

    @Test
    @DisplayName("F11: no callback begins or still runs after close() returned")
    void closedFollowerIsToldNothing(TopicUnderTest topic) {
        TopicUnderTest kept = topic.kept(TopicOptions.defaults().withRetention(TopicOptions.Retention.everything()));
        Semaphore permits = new Semaphore(0);
        try (Workers writer = Workers.start(1, worker -> {
            for (int i = 0; i < 100 * 50; i++) {
                permits.acquire();
                kept.put("a", "" + i);
            }
        })) {
            for (int i = 0; i < 100; i++) {
                // The follower itself notes a call that comes too late, or was still running.
                RecordingFollower follower = i % 2 == 0
                        ? kept.follow(Version.ABSENT, Scope.entries())
                        : kept.follow(kept.head(), Scope.log());
                permits.release(50);
                follower.await("a change", () -> !follower.changes().isEmpty());
                follower.close();
                follower.close();
            }
            writer.join();
        }
        assertThat(kept.head().revision()).isEqualTo(100 * 50);
    }

    @Test
    @DisplayName("F11: close() waits for the callback that is running")
    void closeWaitsForARunningCallback(TopicUnderTest topic) {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        // The follower notes it if close() returns before its callback has ended.
        RecordingFollower follower = topic.follow(topic.head(), Scope.log(), event -> {
            if (event instanceof Changes) {
                entered.countDown();
                awaitAtMost(release, Duration.ofMillis(500));
            }
        });

        try (Workers writer = Workers.start(1, worker -> topic.put("a", "1"))) {
            assertThat(awaitAtMost(entered, StoreUnderTest.BOUND)).isTrue();
            follower.close();
            release.countDown();
            writer.join();
        }
        assertThat(follower.changes()).hasSize(1);
    }

    private static boolean awaitAtMost(CountDownLatch latch, Duration bound) {
        try {
            return latch.await(bound.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    @Needs(TIME)
    @DisplayName("F14: idle for long, then one commit arrives")
    void commitAfterALongIdleTimeArrives(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "1");
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitState(FeedState.CURRENT);
            store.advance(Duration.ofHours(30));

            follower.awaitAt(topic.put("a", "2"));

            assertThat(follower.changes()).hasSize(1);
            assertThat(follower.resets()).isEmpty();
        }
    }

    @Test
    @Needs(SECOND_CLIENT)
    @DisplayName("F16: two clients in one process follow each other's commits")
    void clientsFollowEachOther(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest elsewhere = topic.through(store.open());
        try (RecordingFollower here = topic.followEntries();
                RecordingFollower there = elsewhere.followEntries();
                Workers workers = Workers.start(2, worker -> {
                    for (int i = 0; i < 100; i++) {
                        (worker == 0 ? topic : elsewhere).put("k" + i % 7, worker + ":" + i);
                    }
                })) {
            workers.join();

            here.awaitAt(topic.head()).verifyHolds(topic);
            there.awaitAt(topic.head()).verifyHolds(elsewhere);
        }
    }

    @Test
    @DisplayName("F17: a fresh follower is current once its snapshot was told")
    void freshFollowerBecomesCurrent(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "1");
        for (Scope scope : List.of(Scope.entries(), Scope.log(), Scope.keys(Set.of("a")))) {
            try (RecordingFollower follower = topic.follow(Version.ABSENT, scope);
                    RecordingFollower unwritten = store.topic("unwritten").follow(Version.ABSENT, scope)) {
                follower.awaitState(FeedState.CURRENT);
                unwritten.awaitState(FeedState.CURRENT);
            }
        }
    }

    @Test
    @DisplayName("F21: the changes of one commit are told together")
    void changesOfOneCommitAreToldTogether(TopicUnderTest topic) {
        try (RecordingFollower entries = topic.followEntries();
                RecordingFollower keys = topic.follow(Version.ABSENT, Scope.keys(Set.of("a", "c")))) {
            entries.awaitState(FeedState.CURRENT);
            keys.awaitState(FeedState.CURRENT);

            Version last = topic.apply(put("a"), put("b"), Mutation.delete("nothing"), put("c"), put("a"));
            entries.awaitAt(last);
            keys.awaitAt(last);

            assertThat(calls(entries)).containsExactly(List.of("a", "b", "c", "a"));
            assertThat(calls(keys)).containsExactly(List.of("a", "c", "a"));
        }
    }

    @Test
    @DisplayName("F21: the largest commit is told as one")
    void largestCommitIsToldAsOne(TopicUnderTest topic) {
        Mutation[] largest = new Mutation[Limits.MAX_MUTATIONS];
        for (int i = 0; i < largest.length; i++) {
            largest[i] = put("k" + i);
        }
        try (RecordingFollower follower = topic.follow(Version.ABSENT, Scope.log())) {
            follower.awaitAt(topic.apply(largest));

            assertThat(calls(follower)).hasSize(1);
            assertThat(follower.changes()).hasSize(largest.length);
        }
    }

    @Test
    @DisplayName("F24: a follower of keys is woken by its keys only")
    void followerOfKeysIsWokenByThemOnly(TopicUnderTest topic) {
        topic.apply(put("a"), put("b"));
        try (RecordingFollower follower = topic.follow(Version.ABSENT, Scope.keys(Set.of("a", "missing")))) {
            follower.awaitState(FeedState.CURRENT);
            assertThat(follower.texts()).containsOnlyKeys("a");
            int before = withoutStates(follower).size();

            for (int i = 0; i < 50; i++) {
                topic.apply(put("b"), put("c" + i));
            }
            topic.delete("b");
            follower.awaitAt(topic.put("missing", "now there"));

            assertThat(withoutStates(follower)).hasSize(before + 1);
            assertThat(follower.changes()).extracting(Change::key).containsExactly("missing");
        }
    }

    @Test
    @DisplayName("F24: a change names its key's previous version, so that a hole would show")
    void changeNamesThePreviousVersionOfItsKey(TopicUnderTest topic) {
        try (RecordingFollower follower = topic.follow(Version.ABSENT, Scope.keys(Set.of("a")))) {
            follower.awaitState(FeedState.CURRENT);
            Version first = topic.put("a", "1");
            topic.put("b", "1");
            Version second = topic.put("a", "2");
            topic.delete("a");
            follower.awaitAt(topic.put("a", "3"));

            assertThat(follower.changes())
                    .extracting(Change::previous)
                    .containsExactly(Version.ABSENT, first, second, Version.ABSENT);
        }
    }

    @Test
    @DisplayName("B46: own commits are told like those of others")
    void ownCommitsAreTold(TopicUnderTest topic) {
        try (RecordingFollower follower = topic.followEntries()) {
            Version version = topic.put("a", "mine");
            follower.awaitAt(version);
            assertThat(follower.texts()).containsEntry("a", "mine");
        }
    }

    @Test
    @DisplayName("B47: a follower without a position gets a snapshot first, of all entries or of its keys")
    void snapshotComesFirst(TopicUnderTest topic) {
        Version head = topic.apply(put("a"), put("b"), put("c"));
        topic.delete("c");

        try (RecordingFollower entries = topic.followEntries();
                RecordingFollower keys = topic.follow(Version.ABSENT, Scope.keys(Set.of("b", "c")))) {
            entries.awaitState(FeedState.CURRENT);
            keys.awaitState(FeedState.CURRENT);

            assertThat(withoutStates(entries)).hasSize(1);
            assertThat(entries.texts()).containsOnlyKeys("a", "b");
            assertThat(keys.texts()).containsOnlyKeys("b");
            assertThat(entries.isAt(head)).isTrue();
        }
    }

    @Test
    @DisplayName("B47: a log followed from its beginning is told from the first change, without a snapshot")
    void logIsToldFromItsBeginning(TopicUnderTest topic) {
        topic.apply(put("a"), put("b"));
        Version head = topic.delete("a");

        try (RecordingFollower follower = topic.follow(Version.ABSENT, Scope.log())) {
            follower.awaitAt(head);
            assertThat(follower.changes()).isEqualTo(topic.log(Version.ABSENT));
            follower.awaitAt(topic.put("c", "1"));
            assertThat(follower.snapshots()).isEmpty();
            assertThat(follower.resets()).isEmpty();
        }
    }

    @Test
    @DisplayName("B48: a snapshot larger than a page comes in pages, in a row, also while others write")
    void largeSnapshotComesInPages(TopicUnderTest topic) {
        TopicUnderTest kept = topic.kept(TopicOptions.defaults().withRetention(TopicOptions.Retention.everything()));
        for (int from = 0; from < 2_500; from += 250) {
            List<Mutation> mutations = new ArrayList<>();
            for (int i = from; i < from + 250; i++) {
                mutations.add(put("k" + i));
            }
            kept.apply(mutations.toArray(Mutation[]::new));
        }

        try (Workers writer = Workers.repeat(i -> {
            String key = "k" + (i * 37 % 2_500);
            kept.apply(i % 2 == 0 ? Mutation.delete(key) : putText(key, "new"), Mutation.add("counter", 1));
        })) {
            RecordingFollower follower = kept.followEntries();
            follower.awaitState(FeedState.CURRENT);
            writer.stop();
            follower.awaitAt(kept.head()).verifyHolds(kept);

            assertThat(follower.snapshots()).hasSizeGreaterThan(1);
            assertThat(follower.resets()).isEmpty();
        }
    }

    @Test
    @DisplayName("B49: a topic can be followed before anybody writes it")
    void unwrittenTopicCanBeFollowed(TopicUnderTest topic) {
        try (RecordingFollower entries = topic.followEntries();
                RecordingFollower log = topic.follow(Version.ABSENT, Scope.log());
                RecordingFollower keys = topic.follow(Version.ABSENT, Scope.keys(Set.of("a")))) {
            entries.awaitState(FeedState.CURRENT);
            assertThat(entries.texts()).isEmpty();

            Version first = topic.put("a", "1");
            for (RecordingFollower follower : List.of(entries, log, keys)) {
                follower.awaitAt(first);
                assertThat(follower.changes()).hasSize(1);
                assertThat(follower.resets()).isEmpty();
            }
        }
    }

    @Test
    @DisplayName("B50: commits that change nothing are not told")
    void commitsWithoutEffectAreNotTold(TopicUnderTest topic) {
        Version head = topic.put("a", "1");
        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitState(FeedState.CURRENT);
            topic.conflict(List.of(Check.absent("a")), put("a"));
            topic.committed(List.of(Check.exists("a")));
            topic.committed(List.of(Check.fence("lock", head)));
            topic.committed(List.of(), Mutation.delete("nothing"));
            follower.awaitAt(topic.put("a", "2"));

            assertThat(follower.changes()).hasSize(1);
        }
    }

    /** Without a stack trace, because a good backend logs it. */
    private static final class ThrownByListener extends RuntimeException {

        private static final long serialVersionUID = 1L;

        ThrownByListener() {
            super("thrown by the listener of this case", null, false, false);
        }
    }

    /** Without a stack trace, because a good backend logs it. */
    private static final class ErrorOfListener extends Error {

        private static final long serialVersionUID = 1L;

        ErrorOfListener() {
            super("thrown by the listener of this case", null, false, false);
        }
    }

    private static List<Event> withoutStates(RecordingFollower follower) {
        return follower.events().stream()
                .filter(event -> !(event instanceof State))
                .toList();
    }

    private static List<List<String>> calls(RecordingFollower follower) {
        return follower.events().stream()
                .filter(Changes.class::isInstance)
                .map(event ->
                        ((Changes) event).changes().stream().map(Change::key).toList())
                .toList();
    }
}
