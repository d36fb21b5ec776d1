package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.backend.FeedState;
import io.distsync.backend.History;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.time.VirtualTime;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class FollowerTest {

    private final ScriptedTopic topic = new ScriptedTopic();
    private final VirtualTime time = new VirtualTime();
    private final RecordingListener listener = new RecordingListener();

    private Follower follower(Version after, Scope scope, RecordingListener target) {
        return new Follower("t", after, scope, target, topic::read, topic::history, time, 2);
    }

    private Follower follow(Version after, Scope scope) {
        Follower follower = follower(after, scope, listener);
        follower.connected();
        follower.start();
        return follower;
    }

    private Follower followEntries() {
        return follow(Version.ABSENT, Scope.entries());
    }

    private List<String> takeCalls() {
        List<String> taken = List.copyOf(listener.calls);
        listener.calls.clear();
        return taken;
    }

    @AfterEach
    void timersAreLeftOnlyByFollowersThatStillRead() {
        assertThat(time.pendingTasks()).isLessThanOrEqualTo(1);
    }

    @Nested
    class Beginning {

        @Test
        void entriesFromAbsentAreASnapshotThenChangesAndAllInlineWhenReadsAre() {
            topic.commit("a");
            topic.commit("b", "c");

            Follower follower = followEntries();
            follower.live(topic.commit("a"));

            assertThat(listener.calls).containsExactly("snapshot [a, b]...", "snapshot [c]", "CURRENT", "changes 4");
            assertThat(time.pendingTasks()).isZero();
        }

        @Test
        void localStartOfASmallTopicCostsOneRead() {
            topic.commit("a");

            followEntries();

            assertThat(topic.readsAsked()).isEqualTo(1);
        }

        @Test
        void entriesFromAPositionOnTheChainAreTheChangesAfterIt() {
            topic.commit("a");
            Version seen = topic.head();
            topic.commit("b");

            follow(seen, Scope.entries());

            assertThat(listener.calls).containsExactly("changes 2", "CURRENT");
        }

        @Test
        void entriesFromATrimmedPositionAreAResetAndASnapshot() {
            topic.commit("a");
            Version seen = topic.head();
            topic.commit("b");
            topic.commit("a");
            topic.trimTo(1);

            follow(seen, Scope.entries());

            assertThat(listener.calls).containsExactly("reset 1 to 3", "snapshot [a, b]", "CURRENT");
        }

        @Test
        void logFromAbsentBeginsWithTheFirstChange() {
            topic.commit("a");
            topic.commit("b", "c");
            topic.commit("d");

            follow(Version.ABSENT, Scope.log());

            assertThat(listener.calls).containsExactly("changes 1", "changes 2 3", "changes 4", "CURRENT");
        }

        @Test
        void trimmedLogFromAbsentBeginsWithAResetToTheOldestPosition() {
            topic.commit("a");
            topic.commit("b");
            topic.commit("c");
            topic.trimTo(1);

            follow(Version.ABSENT, Scope.log());

            assertThat(listener.calls).containsExactly("reset 0 to 2", "changes 3", "CURRENT");
        }

        @Test
        void logFromAPositionOfALostHistoryIsAResetToTheOldestPosition() {
            topic.commit("a");
            topic.commit("b");
            Version lost = topic.head();
            topic.rewindTo(1);
            topic.commit("c");

            follow(lost, Scope.log());

            assertThat(listener.calls).containsExactly("reset 2 to 0", "changes 1", "changes 2", "CURRENT");
        }

        @Test
        void keysFromAbsentAreASnapshotOfThemThenTheirChanges() {
            topic.commit("a");
            topic.commit("b");

            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a", "x")));
            follower.live(topic.commit("b"));
            follower.live(topic.commit("x"));
            follower.live(topic.commit("-a"));

            assertThat(listener.calls).containsExactly("snapshot [a]", "CURRENT", "changes 4", "changes 5");
        }

        @Test
        void keysFromAPositionAreTheirChangesAfterIt() {
            topic.commit("a");
            Version seen = topic.head();
            topic.commit("b");
            topic.commit("a", "b");

            Follower follower = follow(seen, Scope.keys(Set.of("a")));
            follower.live(topic.commit("a"));

            assertThat(listener.calls).containsExactly("changes 3", "CURRENT", "changes 5");
        }

        @Test
        void nothingIsCurrentBeforeTheFeedIsAttached() {
            topic.commit("a");
            Follower follower = follower(Version.ABSENT, Scope.entries(), listener);
            follower.start();
            assertThat(takeCalls()).containsExactly("snapshot [a]");

            topic.commit("b"); // goes to nobody
            follower.connected();

            assertThat(listener.calls).containsExactly("changes 2", "CURRENT");
        }

        @Test
        void emptyTopicIsAnEmptySnapshot() {
            Follower follower = followEntries();
            follower.live(topic.commit("a"));

            assertThat(listener.calls).containsExactly("snapshot []", "CURRENT", "changes 1");
        }
    }

    @Nested
    class Seam {

        @Test
        void changesThatArriveWhileTheSnapshotIsReadFollowIt() {
            topic.commit("a");
            topic.holdReads();
            Follower follower = followEntries();
            follower.live(topic.commit("b"));
            topic.evaluateNext();
            follower.live(topic.commit("c"));
            assertThat(takeCalls()).isEmpty();

            topic.answerNext();
            while (topic.pendingReads() > 0) {
                topic.answerNext();
            }

            assertThat(listener.calls).containsExactly("snapshot [a, b]", "changes 3", "CURRENT");
        }

        @Test
        void changesBetweenThePagesOfASnapshotAreToldAfterIt() {
            topic.commit("a", "b", "c");
            topic.holdReads();
            Follower follower = followEntries();
            topic.answerNext();
            follower.live(topic.commit("a"));
            follower.live(topic.commit("c"));
            while (topic.pendingReads() > 0) {
                topic.answerNext();
            }

            assertThat(listener.calls)
                    .containsExactly("snapshot [a, b]...", "snapshot [c]", "changes 4", "changes 5", "CURRENT");
            assertThat(listener.replica).isEqualTo(topic.versions());
        }

        @Test
        void moreChangesThanMayBeHeldDuringASnapshotComeFromTheLog() {
            topic.commit("a");
            topic.holdReads();
            Follower follower = followEntries();
            topic.evaluateNext();
            topic.payloadBytes(1 << 20);
            for (int i = 0; i < 9; i++) {
                follower.live(topic.commit("k" + i % 3));
            }
            topic.answerReadsAtOnce();
            topic.answerNext();

            assertThat(listener.state()).isEqualTo(FeedState.CURRENT);
            assertThat(listener.replica).isEqualTo(topic.versions());
            assertThat(listener.changes).hasSize(9);
        }
    }

    @Nested
    class Trouble {

        @Test
        void holeIsFilledAndShowsInTheStateWhileItLasts() {
            Follower follower = followEntries();
            takeCalls();
            topic.holdReads();
            topic.commit("a");
            follower.live(topic.commit("b"));
            assertThat(takeCalls()).containsExactly("RESYNCING");

            topic.answerNext();

            assertThat(listener.calls).containsExactly("changes 1", "changes 2", "CURRENT");
        }

        @Test
        void holeFilledAtOnceDoesNotShowInTheState() {
            Follower follower = followEntries();
            takeCalls();
            topic.commit("a");

            follower.live(topic.commit("b"));

            assertThat(listener.calls).containsExactly("changes 1", "changes 2");
        }

        @Test
        void headAheadBringsWhatWasMissed() {
            Follower follower = followEntries();
            takeCalls();
            topic.commit("a");

            follower.head(topic.head());

            assertThat(listener.calls).containsExactly("changes 1");
        }

        @Test
        void rewindIsAResetAndASnapshot() {
            Follower follower = followEntries();
            follower.live(topic.commit("a"));
            follower.live(topic.commit("b"));
            takeCalls();
            topic.rewindTo(1);

            follower.live(topic.commit("c"));

            assertThat(listener.calls).containsExactly("reset 2 to 2", "snapshot [a, c]");
            assertThat(listener.replica).isEqualTo(topic.versions());
        }

        @Test
        void newEpochThatLinksIsNoReset() {
            Follower follower = followEntries();
            follower.live(topic.commit("a"));
            takeCalls();
            topic.openEpoch();

            follower.live(topic.commit("a"));
            follower.head(topic.head());

            assertThat(listener.calls).containsExactly("changes 2");
        }

        @Test
        void stateGoesFromCurrentThroughStaleAndResyncingToCurrent() {
            Follower follower = followEntries();
            topic.holdReads();
            topic.commit("a");
            follower.disconnected();
            follower.connected();
            topic.answerNext();

            assertThat(listener.calls)
                    .containsExactly("snapshot []", "CURRENT", "STALE", "RESYNCING", "changes 1", "CURRENT");
        }

        @Test
        void reconnectPastTheTrimIsOneReset() {
            Follower follower = followEntries();
            follower.live(topic.commit("a"));
            follower.disconnected();
            for (int i = 0; i < 10; i++) {
                topic.commit("b");
            }
            topic.trimTo(2);
            takeCalls();

            follower.connected();

            assertThat(listener.calls).containsExactly("RESYNCING", "reset 1 to 11", "snapshot [a, b]", "CURRENT");
        }

        @Test
        void failingReadIsRepeatedUntilItWorks() {
            topic.commit("a");
            topic.holdReads();
            followEntries();
            for (int i = 0; i < 20; i++) {
                topic.failNext();
                assertThat(topic.pendingReads()).isZero();
                long before = time.nanos();
                assertThat(time.advanceToNextTask()).isTrue();
                assertThat(time.nanos() - before)
                        .isPositive()
                        .isLessThanOrEqualTo(Duration.ofSeconds(2).toNanos());
                assertThat(topic.pendingReads()).isEqualTo(1);
            }
            assertThat(listener.calls).isEmpty();

            topic.answerNext();

            assertThat(listener.calls).containsExactly("snapshot [a]", "CURRENT");
        }

        @Test
        void readThatFailsBetweenPagesIsRepeatedForThatPageOnly() {
            topic.commit("a", "b", "c");
            topic.holdReads();
            followEntries();
            topic.answerNext();
            topic.failNext();
            topic.answerReadsAtOnce();

            time.advanceToNextTask();

            assertThat(listener.calls).containsExactly("snapshot [a, b]...", "snapshot [c]", "CURRENT");
        }

        @Test
        void readThatIsNeverAnsweredIsRepeated() {
            topic.commit("a");
            topic.holdReads();
            followEntries();

            time.advanceToNextTask();
            time.advanceToNextTask();
            assertThat(topic.pendingReads()).isEqualTo(2);
            topic.answerAt(1);
            topic.commit("b");
            topic.answerNext(); // too late

            assertThat(listener.calls).containsExactly("snapshot [a]", "CURRENT");
        }

        @Test
        void readerThatThrowsIsAFailedRead() {
            int[] left = {3};
            Follower follower = new Follower(
                    "t",
                    Version.ABSENT,
                    Scope.entries(),
                    listener,
                    selection -> {
                        if (left[0]-- > 0) {
                            throw new IllegalStateException("scripted");
                        }
                        return topic.read(selection);
                    },
                    topic::history,
                    time);
            follower.connected();
            follower.start();
            assertThat(listener.calls).isEmpty();

            while (left[0] >= 0) {
                assertThat(time.advanceToNextTask()).isTrue();
            }

            assertThat(listener.calls).containsExactly("snapshot []", "CURRENT");
        }

        @Test
        void changeThatLeadsToANewSnapshotEndsThePauseOfTheReadBeforeIt() {
            topic.commit("a", "b", "c");
            topic.holdReads();
            Follower follower = followEntries();
            topic.answerNext();
            List<Change> relic = topic.commit("c");
            topic.answerNext();
            topic.rewindTo(3);
            List<Change> other = topic.commit("a");
            topic.failNext(); // the log after the first page

            follower.live(other); // does not pass the head of the second page
            follower.connected();
            topic.answerReadsAtOnce();
            while (topic.pendingReads() > 0) {
                topic.answerNext();
            }

            assertThat(listener.state()).isEqualTo(FeedState.CURRENT);
            assertThat(listener.replica).isEqualTo(topic.versions());
            assertThat(relic).isNotEqualTo(other);
        }

        @Test
        void reconnectDoesNotWaitForThePause() {
            topic.holdReads();
            Follower follower = followEntries();
            topic.failNext();
            follower.disconnected();
            topic.answerReadsAtOnce();

            follower.connected();

            assertThat(listener.state()).isEqualTo(FeedState.CURRENT);
        }

        @Test
        void storeThatIsGoneEachTimeIsAskedWithPauses() {
            topic.commit("a");
            Version seen = topic.head();
            int[] questions = {0};
            Follower follower = new Follower(
                    "t",
                    seen,
                    Scope.log(),
                    listener,
                    topic::read,
                    (after, limit) -> {
                        questions[0]++;
                        return CompletableFuture.completedFuture(new History.Gone(topic.head(), topic.head()));
                    },
                    time);
            follower.connected();

            follower.start();
            assertThat(questions[0]).isEqualTo(2);
            for (int i = 0; i < 5; i++) {
                time.advanceToNextTask();
            }
            assertThat(questions[0]).isEqualTo(7);
            follower.close();
        }
    }

    @Nested
    class Keys {

        @Test
        void holeIsFilledFromTheLog() {
            topic.commit("a");
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a", "b")));
            takeCalls();
            topic.commit("a", "x");

            follower.live(topic.commit("a"));

            assertThat(listener.calls).containsExactly("changes 2", "changes 4");
        }

        @Test
        void repetitionIsDropped() {
            topic.commit("a");
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a", "b")));
            List<Change> second = topic.commit("a", "b");
            List<Change> third = topic.commit("b");
            follower.live(second);
            follower.live(third);
            takeCalls();
            int reads = topic.readsAsked();

            follower.live(second);
            follower.live(third);

            assertThat(listener.calls).isEmpty();
            assertThat(topic.readsAsked()).isEqualTo(reads);
        }

        @Test
        void keyChangedTwiceInOneCommitIsInOrder() {
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a")));

            follower.live(topic.commit("a", "x", "-a", "a"));
            follower.live(topic.commit("a"));

            assertThat(listener.calls).containsExactly("snapshot []", "CURRENT", "changes 1 3 4", "changes 5");
        }

        @Test
        void rewindBehindTheLastChangeToldIsAReset() {
            topic.commit("a");
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a")));
            follower.live(topic.commit("a"));
            takeCalls();
            topic.rewindTo(1);
            topic.commit("x");

            follower.head(topic.head());

            assertThat(listener.calls).containsExactly("reset 2 to 2", "snapshot [a]");
            assertThat(listener.replica).isEqualTo(topicVersionsOf("a"));
        }

        @Test
        void relicBelowWhatTheLogHasConfirmedIsNotTold() {
            topic.commit("a");
            List<Change> lost = topic.commit("a");
            topic.rewindTo(1);
            topic.commit("x");
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a")));
            takeCalls();

            follower.live(lost);

            assertThat(listener.calls).isEmpty();
        }

        @Test
        void firstChangeOfAKeyNeverHeardOfIsNotBelievedWithoutTheLog() {
            topic.commit("a");
            topic.commit("x");
            topic.commit("x");
            Follower follower = follow(topic.head(), Scope.keys(Set.of("a")));
            takeCalls();
            topic.rewindTo(1);
            topic.commit("a");
            topic.commit("x");

            follower.live(topic.commit("a"));

            assertThat(listener.calls).containsExactly("reset 3 to 4", "snapshot [a]");
        }

        @Test
        void otherKeysTrimmedAwayAreNoResetIfOursAreUntouched() {
            topic.commit("a");
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a")));
            takeCalls();
            for (int i = 0; i < 10; i++) {
                topic.commit("x");
            }
            topic.trimTo(2);

            follower.head(topic.head());
            follower.live(topic.commit("a"));

            assertThat(listener.calls).containsExactly("changes 12");
        }

        @Test
        void ourKeyTrimmedAwayIsAReset() {
            topic.commit("a");
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a")));
            takeCalls();
            topic.commit("a");
            for (int i = 0; i < 10; i++) {
                topic.commit("x");
            }
            topic.trimTo(2);

            follower.head(topic.head());

            assertThat(listener.calls).containsExactly("reset 1 to 12", "snapshot [a]");
        }

        @Test
        void changeThatArrivesWhileTheLogIsReadIsToldAfterIt() {
            topic.commit("a");
            Follower follower = follow(Version.ABSENT, Scope.keys(Set.of("a")));
            topic.holdReads();
            topic.commit("a");
            follower.live(topic.commit("a"));
            topic.evaluateNext();
            follower.live(topic.commit("a"));
            takeCalls();

            topic.answerReadsAtOnce();
            topic.answerNext();

            assertThat(listener.calls).containsExactly("changes 2", "changes 3", "changes 4", "CURRENT");
        }

        private Map<String, Version> topicVersionsOf(String key) {
            Version version = topic.versions().get(key);
            return version == null ? Map.of() : Map.of(key, version);
        }
    }

    @Nested
    class Callbacks {

        @Test
        void throwingListenerDoesNotStopTheFeed() {
            RecordingListener throwing = new RecordingListener();
            throwing.duringChanges = () -> {
                throw new AssertionError("scripted");
            };
            Follower follower = follower(Version.ABSENT, Scope.entries(), throwing);
            follower.connected();
            follower.start();

            follower.live(topic.commit("a"));
            follower.live(topic.commit("a"));

            assertThat(throwing.calls).containsExactly("snapshot []", "CURRENT", "changes 1", "changes 2");
        }

        @Test
        void changeCommittedInsideACallbackIsToldAfterIt() {
            Follower follower = followEntries();
            listener.duringChanges = () -> {
                if (topic.size() < 4) {
                    follower.live(topic.commit("a"));
                    listener.calls.add("end of callback");
                }
            };

            follower.live(topic.commit("a"));

            assertThat(takeCalls())
                    .containsExactly(
                            "snapshot []",
                            "CURRENT",
                            "changes 1",
                            "end of callback",
                            "changes 2",
                            "end of callback",
                            "changes 3",
                            "end of callback",
                            "changes 4");
        }

        @Test
        void closedInsideACallbackNothingFollows() {
            Follower follower = followEntries();
            List<Change> first = topic.commit("a");
            List<Change> second = topic.commit("a");
            listener.duringChanges = follower::close;
            takeCalls();

            follower.live(second); // the fill brings both
            follower.live(first);
            follower.disconnected();

            assertThat(listener.calls).containsExactly("changes 1");
        }

        @Test
        void closingLeavesNoTimerAndIsHarmlessTwice() {
            topic.holdReads();
            Follower follower = followEntries();
            assertThat(time.pendingTasks()).isEqualTo(1);

            follower.close();
            follower.close();
            topic.answerNext();
            follower.live(topic.commit("a"));

            assertThat(time.pendingTasks()).isZero();
            assertThat(listener.calls).isEmpty();
        }

        @Test
        void writeWithoutPayloadIsPassedOnUnchanged() {
            Follower follower = followEntries();
            Change full = topic.commit("a").get(0);
            Change bare = new Change(
                    full.version(),
                    full.previousLink(),
                    full.key(),
                    full.previous(),
                    null,
                    full.cause(),
                    full.request(),
                    0,
                    1);

            follower.live(List.of(bare));

            assertThat(listener.changes).containsExactly(bare);
        }

        @Test
        void pageThatPromisesMoreButHoldsNothingIsAFailedRead() {
            int[] reads = {0};
            Follower follower = new Follower(
                    "t",
                    Version.ABSENT,
                    Scope.entries(),
                    listener,
                    selection ->
                            CompletableFuture.completedFuture(new Page(Version.ABSENT, List.of(), reads[0]++ == 0)),
                    topic::history,
                    time);
            follower.connected();
            follower.start();
            assertThat(listener.calls).isEmpty();

            time.advanceToNextTask();

            assertThat(listener.calls).containsExactly("snapshot []", "CURRENT");
        }
    }
}
