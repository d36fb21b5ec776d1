package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.backend.History;
import io.distsync.backend.Selection;
import io.distsync.version.Version;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChainSequencerTest {

    private final ScriptedTopic topic = new ScriptedTopic();
    private final Decisions decisions = new Decisions();
    private final ChainSequencer sequencer = new ChainSequencer(decisions);

    @BeforeEach
    void settleBehindTheFirstCommit() {
        topic.commit("a");
        sequencer.awaitSnapshot(true);
        sequencer.snapshot(topic.readNow(Selection.first("", 10)));
        assertThat(sequencer.settled()).isTrue();
        assertThat(decisions.take()).isEmpty();
    }

    @Test
    void nextCommitIsDelivered() {
        sequencer.live(topic.commit("a", "b"));
        sequencer.live(topic.commit("a"));

        assertThat(decisions.take()).containsExactly("2,3", "4");
        assertThat(sequencer.position()).isEqualTo(topic.head());
    }

    @Test
    void sameCommitIsTheVeryListThatCameIn() {
        List<List<Change>> seen = new ArrayList<>();
        ChainSequencer direct = new ChainSequencer(new Sequencer.Output() {
            @Override
            public void deliver(List<Change> commit) {
                seen.add(commit);
            }

            @Override
            public void fill(Version after) {}

            @Override
            public void reset(Version from, History.Gone gone) {}
        });
        direct.awaitSnapshot(true);
        direct.snapshot(topic.readNow(Selection.first("", 10)));
        List<Change> commit = topic.commit("x");

        direct.live(commit);

        assertThat(seen).hasSize(1);
        assertThat(seen.get(0)).isSameAs(commit);
    }

    @Test
    void changesOfOneCommitArrivingOneByOneAreDeliveredTogether() {
        List<Change> commit = topic.commit("a", "b", "c");

        sequencer.live(commit.subList(0, 1));
        sequencer.live(commit.subList(1, 2));
        assertThat(decisions.take()).isEmpty();
        assertThat(sequencer.settled()).isTrue();
        sequencer.live(commit.subList(2, 3));

        assertThat(decisions.take()).containsExactly("2,3,4");
    }

    @Test
    void changesOfOneCommitArrivingInReverseAreDeliveredInOrder() {
        List<Change> commit = topic.commit("a", "b", "c");

        sequencer.live(commit.subList(2, 3));
        sequencer.live(commit.subList(1, 2));
        sequencer.live(commit.subList(0, 1));

        assertThat(decisions.take()).containsExactly("fill 1", "2,3,4");
    }

    @Test
    void severalCommitsInOneCallAreDeliveredOneByOne() {
        List<Change> both = new ArrayList<>(topic.commit("a", "b"));
        both.addAll(topic.commit("c"));

        sequencer.live(both);

        assertThat(decisions.take()).containsExactly("2,3", "4");
    }

    @Test
    void repetitionIsDropped() {
        List<Change> second = topic.commit("a");
        List<Change> third = topic.commit("b");
        sequencer.live(second);
        sequencer.live(third);
        decisions.take();

        sequencer.live(third);
        sequencer.live(second);

        assertThat(decisions.take()).isEmpty();
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void lowerRevisionWithUnknownLinkIsNotTakenForARepetition() {
        List<Change> second = topic.commit("a");
        sequencer.live(second);
        for (int i = 0; i < 100; i++) {
            sequencer.live(topic.commit("a"));
        }
        decisions.take();

        sequencer.live(second);
        assertThat(decisions.take()).containsExactly("fill 102");
        assertThat(sequencer.settled()).isFalse();

        assertThat(sequencer.page(topic.historyNow(sequencer.position(), 10))).isTrue();
        assertThat(decisions.take()).isEmpty();
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void earlyArrivalIsHeldAndTheHoleIsFilled() {
        topic.commit("a");
        List<Change> third = topic.commit("b");

        sequencer.live(third);
        assertThat(decisions.take()).containsExactly("fill 1");
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("2", "3");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void earlyArrivalIsDeliveredAsSoonAsTheMissingOneComes() {
        List<Change> second = topic.commit("a");
        List<Change> third = topic.commit("b");

        sequencer.live(third);
        sequencer.live(second);

        assertThat(decisions.take()).containsExactly("fill 1", "2", "3");
        assertThat(sequencer.settled()).isFalse(); // the answer is still owed
        sequencer.page(topic.historyNow(topic.log().get(0).version(), 10));
        assertThat(decisions.take()).isEmpty();
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void longHistoryIsAskedForPageByPage() {
        for (int i = 0; i < 5; i++) {
            topic.commit("a");
        }

        sequencer.head(topic.head());
        sequencer.page(topic.historyNow(sequencer.position(), 2));
        sequencer.page(topic.historyNow(sequencer.position(), 2));
        sequencer.page(topic.historyNow(sequencer.position(), 2));

        assertThat(decisions.take()).containsExactly("fill 1", "2", "3", "fill 3", "4", "5", "fill 5", "6");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void commitThatArrivesBetweenTheQuestionAndItsAnswerIsNotLost() {
        topic.commit("a");
        sequencer.head(topic.head());
        History answer = topic.historyNow(sequencer.position(), 10);
        topic.commit("b");
        List<Change> fourth = topic.commit("c");
        sequencer.live(fourth);

        sequencer.page(answer);

        assertThat(decisions.take()).containsExactly("fill 1", "2", "fill 2");
        sequencer.page(topic.historyNow(sequencer.position(), 10));
        assertThat(decisions.take()).containsExactly("3", "4");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void rewindWrittenPastTheOldRevisionLeadsToAReset() {
        sequencer.live(topic.commit("a"));
        topic.rewindTo(1);
        List<Change> otherSecond = topic.commit("b");
        decisions.take();

        sequencer.live(otherSecond);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 2", "reset 2");
        assertThat(sequencer.settled()).isFalse();
    }

    @Test
    void relicOfALostHistoryLeadsToAQuestionButNoReset() {
        List<Change> lost = topic.commit("a");
        topic.rewindTo(1);
        sequencer.live(topic.commit("b"));
        decisions.take();

        sequencer.live(lost);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 2");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void relicAheadOfTheHeadIsNotAskedAboutForEver() {
        topic.commit("a");
        topic.commit("a");
        List<Change> lost = topic.commit("a");
        topic.rewindTo(1);

        sequencer.live(lost);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 1");
        assertThat(sequencer.settled()).isTrue();
        sequencer.live(topic.commit("b"));
        assertThat(decisions.take()).containsExactly("2");
    }

    @Test
    void relicThatLinksToTheHeadDoesNotSurviveTheAnswerThatHasIt() {
        topic.commit("a");
        List<Change> lost = topic.commit("a");
        topic.rewindTo(2);

        sequencer.live(lost);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 1", "2");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void newEpochThatLinksContinuesTheChain() {
        topic.openEpoch();

        sequencer.live(topic.commit("a"));

        assertThat(decisions.take()).containsExactly("2");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void newEpochThatDoesNotLinkIsFilledFirst() {
        topic.commit("a");
        topic.openEpoch();
        List<Change> third = topic.commit("b");

        sequencer.live(third);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 1", "2", "3");
    }

    @Test
    void newEpochFromBehindThePositionIsAReset() {
        sequencer.live(topic.commit("a"));
        sequencer.live(topic.commit("a"));
        topic.rewindTo(2);
        topic.openEpoch();
        List<Change> third = topic.commit("b");
        decisions.take();

        sequencer.live(third);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 3", "reset 3");
    }

    @Test
    void trimmedPositionIsAReset() {
        for (int i = 0; i < 5; i++) {
            topic.commit("a");
        }
        topic.trimTo(2);

        sequencer.head(topic.head());
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 1", "reset 1");
    }

    @Test
    void headAtThePositionChangesNothing() {
        sequencer.head(topic.head());

        assertThat(decisions.take()).isEmpty();
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void headBelowThePositionIsAResetOnceTheLogAgrees() {
        sequencer.live(topic.commit("a"));
        topic.rewindTo(1);
        decisions.take();

        sequencer.head(topic.head());
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 2", "reset 2");
    }

    @Test
    void headSeenBeforeTheLastDeliveryIsNoReset() {
        Version seen = topic.head();
        sequencer.live(topic.commit("a"));
        decisions.take();

        sequencer.head(seen);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 2");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void headWithAnotherLinkAtThePositionIsAReset() {
        sequencer.live(topic.commit("a"));
        topic.rewindTo(1);
        topic.commit("b");
        decisions.take();

        sequencer.head(topic.head());
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 2", "reset 2");
    }

    @Test
    void doubtThatArisesAfterTheStoreAnsweredIsSettledByAnotherQuestion() {
        sequencer.live(topic.commit("a"));
        sequencer.verify();
        History answerBeforeTheRewind = topic.historyNow(sequencer.position(), 10);
        topic.rewindTo(1);
        sequencer.head(topic.head());
        decisions.take();

        sequencer.page(answerBeforeTheRewind);
        assertThat(decisions.take()).containsExactly("fill 2");
        sequencer.page(topic.historyNow(sequencer.position(), 10));
        assertThat(decisions.take()).containsExactly("reset 2");
    }

    @Test
    void overflowDropsWhatIsHeldAndTheLogBringsItAll() {
        ChainSequencer small = new ChainSequencer(decisions, 2_000);
        small.awaitSnapshot(true);
        small.snapshot(topic.readNow(Selection.first("", 10)));
        topic.commit("a");
        small.live(topic.commit("a"));
        assertThat(decisions.take()).containsExactly("fill 1");
        History early = topic.historyNow(small.position(), 1);
        for (int i = 0; i < 20; i++) {
            small.live(topic.commit("a"));
        }

        small.page(early);
        while (!small.settled()) {
            small.page(topic.historyNow(small.position(), 100));
        }

        assertThat(small.position()).isEqualTo(topic.head());
        assertThat(decisions.take().stream().filter(line -> !line.startsWith("fill")))
                .hasSize(22)
                .doesNotHaveDuplicates();
    }

    @Test
    void answerThatDoesNotContinueWhereAskedIsRefused() {
        topic.commit("a");
        topic.commit("a");
        sequencer.verify();
        History beyond = topic.historyNow(topic.log().get(1).version(), 10);

        assertThat(sequencer.page(beyond)).isFalse();
        assertThat(sequencer.page(new History.Changes(List.of(), topic.head()))).isFalse();
        assertThat(sequencer.page(topic.historyNow(sequencer.position(), 10))).isTrue();

        assertThat(decisions.take()).containsExactly("fill 1", "2", "3");
    }

    @Test
    void goneFromAPositionThatLiveChangesHaveLeftIsNoReset() {
        Version start = sequencer.position();
        List<Change> second = topic.commit("a");
        sequencer.verify();
        sequencer.live(second);
        topic.trimTo(0);

        sequencer.page(topic.historyNow(start, 10));
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 1", "2", "fill 2");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void changesDuringASnapshotFollowIt() {
        sequencer.awaitSnapshot(true);
        sequencer.live(topic.commit("a"));
        var page = topic.readNow(Selection.first("", 10));
        sequencer.live(topic.commit("b"));

        sequencer.snapshot(page);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("3");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void snapshotReadWithoutALiveFeedIsCompletedFromTheLog() {
        sequencer.awaitSnapshot(false);

        sequencer.snapshot(topic.readNow(Selection.first("", 10)));

        assertThat(decisions.take()).containsExactly("fill 1");
        assertThat(sequencer.settled()).isFalse();
    }

    @Test
    void snapshotWhosePagesSawAHistoryThatWasRewoundIsGivenUp() {
        topic.commit("b", "c");
        sequencer.awaitSnapshot(true);
        var first = topic.readNow(Selection.first("", 1));
        topic.commit("c");
        var second = topic.readNow(new Selection.Range("", "a", 10, Selection.Order.ASCENDING));
        topic.rewindTo(3);
        topic.commit("a");
        topic.commit("a");

        sequencer.snapshot(first);
        sequencer.snapshot(second);
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 3", "reset 3");
    }

    @Test
    void snapshotOfSeveralPagesIsDoneWhenTheLogHasPassedTheHeadOfTheLast() {
        topic.commit("b", "c");
        sequencer.awaitSnapshot(true);
        var first = topic.readNow(Selection.first("", 1));
        topic.commit("c");
        var second = topic.readNow(new Selection.Range("", "a", 10, Selection.Order.ASCENDING));

        sequencer.snapshot(first);
        sequencer.snapshot(second);
        assertThat(sequencer.settled()).isFalse();
        sequencer.page(topic.historyNow(sequencer.position(), 10));

        assertThat(decisions.take()).containsExactly("fill 3", "4");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void emptyTopicIsFollowedFromItsFirstChange() {
        ScriptedTopic empty = new ScriptedTopic();
        sequencer.awaitSnapshot(true);
        sequencer.snapshot(empty.readNow(Selection.first("", 10)));
        assertThat(sequencer.settled()).isTrue();

        sequencer.live(empty.commit("a"));

        assertThat(decisions.take()).containsExactly("1");
    }
}
