package io.distsync.backend;

import static io.distsync.backend.Capability.SECOND_CLIENT;
import static io.distsync.backend.Capability.TIME;
import static io.distsync.backend.TopicUnderTest.put;
import static io.distsync.backend.TopicUnderTest.putText;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.CommitResult.Committed;
import io.distsync.backend.CommitResult.Conflict;
import io.distsync.backend.CommitResult.FailedCheck;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class CompareAndSetCases {

    private static final String KEY = "key";
    private static final Duration TTL = Duration.ofSeconds(10);

    @Test
    @DisplayName("S1: four writers on one key: the exact sum")
    void writersOnOneKeyAddUp(TopicUnderTest topic) {
        try (Workers workers = Workers.start(4, worker -> increment(topic, 50))) {
            workers.join();
        }

        assertThat(topic.text(KEY)).isEqualTo("200");
        assertThat(topic.head().revision()).isEqualTo(200);
    }

    @Test
    @Needs(SECOND_CLIENT)
    @DisplayName("S1: writers on two clients: the exact sum")
    void writersOnTwoClientsAddUp(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest elsewhere = topic.through(store.open());

        try (Workers workers = Workers.start(4, worker -> increment(worker % 2 == 0 ? topic : elsewhere, 40))) {
            workers.join();
        }

        assertThat(topic.text(KEY)).isEqualTo("160");
        assertThat(elsewhere.text(KEY)).isEqualTo("160");
    }

    private static void increment(TopicUnderTest topic, int times) {
        for (int done = 0; done < times; ) {
            Entry entry = topic.entry(KEY);
            long value = entry == null ? 0 : Long.parseLong(TopicUnderTest.text(entry.payload()));
            Version expected = entry == null ? Version.ABSENT : entry.version();
            CommitResult result =
                    topic.commit(List.of(Check.versionIs(KEY, expected)), putText(KEY, String.valueOf(value + 1)));
            done += result instanceof Committed ? 1 : 0;
        }
    }

    @Test
    @Needs(TIME)
    @DisplayName("S6: the entry expires between read and commit: a conflict, and the entry stays gone")
    void entryThatExpiredMeanwhileIsNotRevived(StoreUnderTest store, TopicUnderTest topic) {
        Version seen = topic.put(KEY, "leased", "lease", TTL);

        store.advance(TTL);
        Conflict conflict = topic.conflict(List.of(Check.versionIs(KEY, seen)), put(KEY));

        assertThat(conflict.failed().get(0).entry()).isNull();
        assertThat(topic.entry(KEY)).isNull();
    }

    @Test
    @DisplayName("S7: delete between fetch and compare: a conflict that shows the absence")
    void deleteBetweenFetchAndCompareConflicts(TopicUnderTest topic) {
        Version seen = topic.put(KEY, "first");
        Version deleted = topic.delete(KEY);
        Check check = Check.versionIs(KEY, seen);

        Conflict conflict = topic.conflict(List.of(check), put(KEY));

        assertThat(conflict.failed()).containsExactly(new FailedCheck(check, null, null));
        assertThat(conflict.head()).isEqualTo(deleted);
        assertThat(topic.entry(KEY)).isNull();
    }

    @Test
    @DisplayName("S8: delete, then recreate: the version grows, a compare from before fails")
    void staleCompareAfterRecreationConflicts(TopicUnderTest topic) {
        Version first = topic.put(KEY, "same");
        Version deleted = topic.delete(KEY);
        Version second = topic.put(KEY, "same");

        Conflict conflict = topic.conflict(List.of(Check.versionIs(KEY, first)), putText(KEY, "stale"));

        assertThat(deleted.isNewerThan(first)).isTrue();
        assertThat(second.isNewerThan(deleted)).isTrue();
        assertThat(conflict.failed().get(0).entry())
                .isEqualTo(new Entry(KEY, TopicUnderTest.payload("same"), second, null));
        assertThat(topic.text(KEY)).isEqualTo("same");
    }

    @Test
    @DisplayName("S8: the version of a deleted entry does not stand for its absence")
    void versionOfDeletionIsNotAbsence(TopicUnderTest topic) {
        topic.put(KEY, "first");
        Version deleted = topic.delete(KEY);

        topic.conflict(List.of(Check.versionIs(KEY, deleted)), put(KEY));
        topic.committed(List.of(Check.absent(KEY)), put(KEY));
    }

    @Test
    @DisplayName("S9: expected absent on an absent and a deleted key")
    void expectedAbsentFitsAbsentAndDeletedKeys(TopicUnderTest topic) {
        topic.committed(List.of(Check.absent(KEY)), put(KEY));
        topic.conflict(List.of(Check.absent(KEY)), put(KEY));
        topic.delete(KEY);
        topic.committed(List.of(Check.absent(KEY)), put(KEY));
    }

    @Test
    @Needs(TIME)
    @DisplayName("S9: expected absent on a key that is due, swept or not")
    void expectedAbsentFitsExpiredKeys(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "leased", "lease", TTL);
        topic.conflict(List.of(Check.absent(KEY)), put(KEY));

        store.advance(TTL);
        topic.committed(List.of(Check.absent(KEY)), TopicUnderTest.leased(KEY, "again", "lease", TTL));

        store.advancePast(TTL);
        topic.committed(List.of(Check.absent(KEY)), put(KEY));
    }

    @Test
    @DisplayName("S12: a conflict carries the winner's entry and version, so that the next try needs no read")
    void conflictCarriesTheWinner(TopicUnderTest topic) {
        Version first = topic.put(KEY, "first");
        Version winner = topic.put(KEY, "winner");
        Check check = Check.versionIs(KEY, first);

        Conflict conflict = topic.conflict(List.of(check), putText(KEY, "loser"));

        assertThat(conflict.head()).isEqualTo(winner);
        assertThat(conflict.failed())
                .containsExactly(
                        new FailedCheck(check, new Entry(KEY, TopicUnderTest.payload("winner"), winner, null), null));
        topic.committed(List.of(Check.versionIs(KEY, winner)), putText(KEY, "next"));
    }

    @Test
    @DisplayName("B1: versions are equal only in all three parts")
    void compareLooksAtAllThreePartsOfAVersion(TopicUnderTest topic) {
        Version actual = topic.put(KEY, "kept");

        for (Version near : List.of(
                new Version(actual.epoch() + 1, actual.revision(), actual.link()),
                new Version(actual.epoch() - 1, actual.revision(), actual.link()),
                new Version(actual.epoch(), actual.revision() + 1, actual.link()),
                new Version(actual.epoch(), actual.revision(), actual.link() + 1))) {
            topic.conflict(List.of(Check.versionIs(KEY, near)), putText(KEY, "wrong"));
        }

        assertThat(topic.text(KEY)).isEqualTo("kept");
        assertThat(topic.head()).isEqualTo(actual);
    }

    @Test
    @DisplayName("B2: exists fits any version of an entry, and no absent key")
    void existsFitsAnyVersion(TopicUnderTest topic) {
        Check check = Check.exists(KEY);
        Conflict conflict = topic.conflict(List.of(check), put("other"));
        assertThat(conflict.failed()).containsExactly(new FailedCheck(check, null, null));

        topic.put(KEY, "first");
        topic.committed(List.of(check), putText(KEY, "second"));
        topic.committed(List.of(check), Mutation.delete(KEY));
        topic.conflict(List.of(check), put(KEY));
    }

    @Test
    @DisplayName("B3: a conflict names every check that failed, and no other")
    void conflictNamesEveryFailedCheck(TopicUnderTest topic) {
        Version a = topic.put("a", "1");
        topic.put("b", "1");

        Conflict conflict = topic.conflict(
                List.of(
                        Check.versionIs("a", a),
                        Check.absent("b"),
                        Check.exists("c"),
                        Check.absent("d"),
                        Check.versionIs("e", a)),
                put("f"));

        assertThat(conflict.failed())
                .extracting(FailedCheck::check)
                .containsExactlyInAnyOrder(Check.absent("b"), Check.exists("c"), Check.versionIs("e", a));
    }

    @Test
    @DisplayName("B4: checks look at the state before the first mutation")
    void checksSeeTheStateBeforeTheMutations(TopicUnderTest topic) {
        topic.committed(List.of(Check.absent(KEY), Check.absent("b")), put(KEY), put("b"), Mutation.delete("b"));
        topic.conflict(List.of(Check.exists("b")), put("b"));
        topic.conflict(List.of(Check.absent(KEY)), Mutation.delete(KEY), put(KEY));
    }

    @Test
    @DisplayName("B5: a commit without mutations confirms its checks and changes nothing")
    void commitOfChecksAloneChangesNothing(TopicUnderTest topic) {
        Version version = topic.put(KEY, "kept");

        Committed confirmed = topic.committed(List.of(Check.versionIs(KEY, version)));
        Conflict refused = topic.conflict(List.of(Check.absent(KEY)));

        assertThat(confirmed.head()).isEqualTo(version);
        assertThat(confirmed.outcomes()).isEmpty();
        assertThat(refused.head()).isEqualTo(version);
        assertThat(topic.head()).isEqualTo(version);
    }
}
