package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.backend.Selection;
import io.distsync.version.Version;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KeySequencerTest {

    private final ScriptedTopic topic = new ScriptedTopic();
    private final Decisions decisions = new Decisions();
    private final KeySequencer sequencer = new KeySequencer(List.of("a", "b"), decisions);

    @BeforeEach
    void settleBehindTheFirstCommit() {
        topic.commit("a");
        sequencer.awaitSnapshot(true);
        sequencer.snapshot(topic.readNow(Selection.keys("a", "b")));
        assertThat(sequencer.settled()).isTrue();
        assertThat(decisions.take()).isEmpty();
    }

    @Test
    void changesOfOtherKeysAreNoHole() {
        topic.commit("other");
        sequencer.live(topic.commit("a", "other", "b"));
        topic.commit("other");
        sequencer.live(topic.commit("b"));

        assertThat(decisions.take()).containsExactly("3,5", "7");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void missedChangeOfAKeyIsAskedForBeforeTheNextIsTold() {
        Version told = topic.head();
        topic.commit("a");
        List<Change> next = topic.commit("a");

        sequencer.live(next);

        assertThat(decisions.take()).containsExactly("fill 1");
        assertThat(sequencer.settled()).isFalse();
        sequencer.page(topic.historyNow(told, 10));
        assertThat(decisions.take()).containsExactly("2", "3");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void repetitionIsDroppedWithoutAQuestion() {
        List<Change> commit = topic.commit("a");

        sequencer.live(commit);
        sequencer.live(commit);

        assertThat(decisions.take()).containsExactly("2");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void commitOfWhichOnlyAPartIsKnownLeadsToAQuestion() {
        List<Change> known = topic.commit("a");
        sequencer.live(known);
        decisions.take();
        List<Change> mixed = List.of(known.get(0), topic.commit("b").get(0));

        sequencer.live(mixed);

        assertThat(decisions.take()).containsExactly("fill 1");
    }

    @Test
    void whatAGapMayHideIsToldBeforeWhatCameAfterIt() {
        Version told = topic.head();
        List<Change> late = topic.commit("a");
        List<Change> early = topic.commit("b");

        sequencer.liveAfterGap(early);

        assertThat(decisions.take()).containsExactly("fill 1");
        sequencer.page(topic.historyNow(told, 10));
        assertThat(decisions.take()).containsExactly("2", "3");
        sequencer.liveAfterGap(late);
        assertThat(decisions.take()).isEmpty();
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void gapBehindAChangeOfAnotherKeyLeadsToAQuestion() {
        topic.commit("a");
        sequencer.liveAfterGap(topic.commit("other"));

        assertThat(decisions.take()).containsExactly("fill 1");
    }

    @Test
    void gapWithNothingInItIsNone() {
        sequencer.liveAfterGap(topic.commit("a")); // the first that this feed brings

        assertThat(decisions.take()).containsExactly("2");
        assertThat(sequencer.settled()).isTrue();
    }

    @Test
    void gapThatComesWhileTheLogIsAskedLeadsToAnotherQuestionIfTheAnswerDoesNotReachIt() {
        Version told = topic.head();
        topic.commit("a");
        sequencer.verify();
        assertThat(decisions.take()).containsExactly("fill 1");
        var answer = topic.historyNow(told, 10);
        topic.commit("b");
        sequencer.liveAfterGap(topic.commit("a"));

        sequencer.page(answer);

        assertThat(decisions.take()).containsExactly("2", "fill 2");
    }
}
