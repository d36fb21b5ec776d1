package io.distsync.backend;

import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.TooOld;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.RejectedException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class RequestMemoryCases {

    @Test
    @DisplayName("S13: a repeated commit gets the first outcome, and there is one change")
    void repeatGetsTheFirstOutcome(TopicUnderTest topic) {
        Commit commit = topic.request(List.of(Check.absent("a")), put("a"), Mutation.delete("nothing"), put("b"));

        Committed first = topic.committed(commit);
        Committed again = topic.committed(copy(commit));

        assertThat(again.head()).isEqualTo(first.head());
        assertThat(again.outcomes()).isEqualTo(first.outcomes());
        assertThat(topic.log(Version.ABSENT)).hasSize(2);
    }

    @Test
    @Needs(Capability.LOST_REPLY)
    @DisplayName("S13: the reply is lost after the commit: unknown, and the repeat returns the first result")
    void lostReplyIsUnknownAndTheRepeatTells(StoreUnderTest store, TopicUnderTest topic) {
        topic.put("a", "before");
        Commit commit = topic.request(List.of(), Mutation.add("counter", 1));

        store.loseNextReply(store.client());
        assertThatThrownBy(() -> topic.send(commit)).isInstanceOf(OutcomeUnknownException.class);
        CommitResult repeated = StoreUnderTest.insist(store.client(), commit);

        assertThat(repeated).isInstanceOf(Committed.class);
        assertThat(topic.text("counter")).isEqualTo("1");
        assertThat(topic.head().revision()).isEqualTo(2);
    }

    @Test
    @DisplayName("S14: a request id with other content is rejected, and nothing changes")
    void requestIdWithOtherContentIsRejected(TopicUnderTest topic) {
        Commit commit = topic.request(List.of(Check.absent("a")), putText("a", "first"));
        Committed first = topic.committed(commit);

        for (Commit other : List.of(
                topic.request(commit.checks(), putText("a", "second")),
                topic.request(commit.checks(), putText("b", "first")),
                topic.request(commit.checks(), putText("a", "first"), put("b")),
                topic.request(commit.checks(), Mutation.delete("a")),
                topic.request(commit.checks()),
                topic.request(List.of(), putText("a", "first")))) {
            Commit reused = new Commit(
                    other.topic(),
                    commit.request(),
                    other.known(),
                    other.checks(),
                    other.mutations(),
                    other.selection(),
                    other.options());
            assertThatThrownBy(() -> topic.send(reused)).isInstanceOf(RejectedException.class);
        }

        assertThat(topic.head()).isEqualTo(first.head());
        assertThat(topic.committed(copy(commit)).outcomes()).isEqualTo(first.outcomes());
    }

    @Test
    @Needs(Capability.REFUSAL)
    @DisplayName("S23: a request the store refuses for a passing reason is not applied, and can be repeated")
    void refusedRequestIsNotApplied(StoreUnderTest store, TopicUnderTest topic) {
        Commit commit = topic.request(List.of(), Mutation.add("counter", 1));

        store.refuseNext(store.client());
        assertThatThrownBy(() -> topic.send(commit)).isInstanceOf(NotAppliedException.class);

        assertThat(topic.entry("counter")).isNull();
        topic.committed(commit);
        assertThat(topic.text("counter")).isEqualTo("1");
    }

    @Test
    @DisplayName("S27: another commit of the key between a commit and its repeat: still the first outcome")
    void repeatAfterAnotherCommitGetsTheFirstOutcome(TopicUnderTest topic) {
        Commit commit = topic.request(List.of(Check.absent("a")), putText("a", "mine"));
        Committed first = topic.committed(commit);
        Version later = topic.apply(putText("a", "theirs"), put("b"));

        Committed again = topic.committed(copy(commit));

        assertThat(again.outcomes()).isEqualTo(first.outcomes());
        assertThat(again.head()).isEqualTo(first.head());
        assertThat(topic.text("a")).isEqualTo("theirs");
        assertThat(topic.head()).isEqualTo(later);
    }

    @Test
    @DisplayName("S27: the outcome is remembered for as many revisions as the topic retains")
    void outcomeIsRememberedThroughTheRetention(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        kept.forget();
        Commit commit = kept.request(List.of(), Mutation.add("counter", 1));
        Committed first = kept.committed(commit);
        for (int i = 0; i < Limits.MAX_MUTATIONS - 1; i++) {
            kept.put("other", "" + i);
        }

        Committed again = kept.committed(copy(commit));

        assertThat(again.outcomes()).isEqualTo(first.outcomes());
        assertThat(kept.text("counter")).isEqualTo("1");
    }

    @Test
    @DisplayName("S28: a repeat older than the request memory is too old, and never applied again")
    void repeatBeyondTheMemoryIsNotApplied(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        kept.put("a", "before");
        Commit commit = kept.request(List.of(), Mutation.add("counter", 1));
        kept.committed(commit);
        Version head = kept.forget();

        CommitResult again = kept.send(copy(commit));

        assertThat(again).isEqualTo(new TooOld(head));
        assertThat(kept.text("counter")).isEqualTo("1");
        assertThat(kept.head()).isEqualTo(head);
    }

    @Test
    @DisplayName("S28: a first attempt by a sender who knows too little is too old, and not applied")
    void firstAttemptOfAnUninformedSenderIsTooOld(TopicUnderTest topic) {
        TopicUnderTest kept = topic.keptShort();
        Commit late = kept.request(List.of(), Mutation.add("counter", 1));
        Version head = kept.forget();

        assertThat(kept.send(late)).isEqualTo(new TooOld(head));
        assertThat(kept.entry("counter")).isNull();
        kept.committed(List.of(), Mutation.add("counter", 1));
    }

    @Test
    @DisplayName("S29: put, delete, sequential put and add take effect once, however often they are repeated")
    void repeatsOfUncheckedMutationsApplyOnce(TopicUnderTest topic) {
        topic.put("gone", "soon");
        Commit commit = topic.request(
                List.of(),
                put("a"),
                Mutation.delete("gone"),
                Mutation.add("counter", 5),
                Mutation.putSequential("q/", TopicUnderTest.payload("waiter"), LeaseRule.none()));
        topic.committed(commit);
        Version head = topic.put("gone", "back");

        for (int i = 0; i < 5; i++) {
            topic.committed(copy(commit));
        }

        assertThat(topic.text("gone")).isEqualTo("back");
        assertThat(topic.text("counter")).isEqualTo("5");
        assertThat(topic.read(Selection.first("q/", 10)).entries()).hasSize(1);
        assertThat(topic.head()).isEqualTo(head);
    }

    @Test
    @DisplayName("S29: repeats that race with their first attempt apply once")
    void racingRepeatsApplyOnce(TopicUnderTest topic) {
        for (int round = 1; round <= 50; round++) {
            Commit commit = topic.request(List.of(), Mutation.add("counter", 1));
            try (Workers workers = Workers.start(3, worker -> topic.committed(copy(commit)))) {
                workers.join();
            }
            assertThat(topic.text("counter")).isEqualTo("" + round);
        }
    }

    @Test
    @DisplayName("B20: a conflict is not remembered: the same commit may succeed later")
    void conflictIsNotRemembered(TopicUnderTest topic) {
        topic.put("a", "in the way");
        Commit commit = topic.request(List.of(Check.absent("a")), putText("a", "mine"));
        topic.conflict(commit);
        topic.delete("a");

        topic.committed(commit);

        assertThat(topic.text("a")).isEqualTo("mine");
    }

    @Test
    @DisplayName("B21: a repeat carries its selection too")
    void repeatCarriesItsSelection(TopicUnderTest topic) {
        Commit commit = topic.request(List.of(), Selection.first("", 10), put("a"));
        topic.committed(commit);
        topic.put("b", "later");

        Committed again = topic.committed(copy(commit));

        assertThat(again.selected().entries()).extracting(Entry::key).contains("a");
    }

    @Test
    @DisplayName("B22: senders are told apart: one sequence number, two senders, two commits")
    void sendersAreToldApart(TopicUnderTest topic) {
        for (long sender = 1; sender <= 3; sender++) {
            topic.committed(Commit.of(
                    topic.name(),
                    new RequestId(sender, 1),
                    topic.head(),
                    List.of(),
                    List.of(Mutation.add("counter", 1))));
        }

        assertThat(topic.text("counter")).isEqualTo("3");
    }

    /** What arrives over a wire a second time: equal, but not the same object. */
    private static Commit copy(Commit commit) {
        return TopicUnderTest.with(commit.headers(), commit);
    }
}
