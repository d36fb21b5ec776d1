package io.distsync.backend;

import static io.distsync.backend.Capability.TIME;
import static io.distsync.backend.TopicUnderTest.leased;
import static io.distsync.backend.TopicUnderTest.payload;
import static io.distsync.backend.TopicUnderTest.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change.Cause;
import io.distsync.backend.CommitResult.Committed;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

abstract class LeaseCases {

    private static final String KEY = "key";
    private static final Duration TTL = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofHours(1);

    @Test
    @Needs(TIME)
    @DisplayName("S10: keep keeps the lease with the time it has left")
    void keptLeaseRunsOn(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "lease", TTL);
        store.advance(TTL.dividedBy(2));

        topic.apply(Mutation.put(KEY, payload("2"), LeaseRule.keep()));
        assertThat(leaseId(topic)).isEqualTo("lease");
        store.advance(TTL.dividedBy(2).minus(SHORT));
        assertThat(topic.text(KEY)).isEqualTo("2");

        store.advance(SHORT);
        assertThat(topic.entry(KEY)).isNull();
    }

    @Test
    @Needs(TIME)
    @DisplayName("S10: set replaces the lease: the new time counts, the old id is gone")
    void replacedLeaseIsGone(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "old", TTL);

        topic.put(KEY, "2", "new", TTL.multipliedBy(3));

        assertThat(leaseId(topic)).isEqualTo("new");
        assertThat(topic.keepAlive(topic.lease(KEY, "old"), topic.lease(KEY, "new")))
                .containsExactly(topic.lease(KEY, "old"));
        store.advancePast(TTL);
        assertThat(topic.text(KEY)).isEqualTo("2");
        store.advancePast(TTL.multipliedBy(2));
        assertThat(topic.entry(KEY)).isNull();
    }

    @Test
    @Needs(TIME)
    @DisplayName("S10: set with the same id gives the full time again")
    void resetLeaseStartsOver(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "lease", TTL);
        store.advance(TTL.minus(SHORT));
        topic.put(KEY, "2", "lease", TTL);

        store.advance(TTL.minus(SHORT));
        assertThat(topic.text(KEY)).isEqualTo("2");
        store.advance(SHORT);
        assertThat(topic.entry(KEY)).isNull();
    }

    @Test
    @Needs(TIME)
    @DisplayName("S10: none clears the lease")
    void clearedLeaseIsGone(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "lease", TTL);

        topic.apply(Mutation.put(KEY, payload("2"), LeaseRule.none()));

        assertThat(leaseId(topic)).isNull();
        assertThat(topic.keepAlive(topic.lease(KEY, "lease"))).containsExactly(topic.lease(KEY, "lease"));
        store.advancePast(LONG);
        assertThat(topic.text(KEY)).isEqualTo("2");
    }

    @Test
    @Needs(TIME)
    @DisplayName("S10: keep gives no lease where there is none, nor one from before a deletion")
    void keepInventsNoLease(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "lease", TTL);
        topic.delete(KEY);

        topic.apply(
                Mutation.put(KEY, payload("2"), LeaseRule.keep()), Mutation.put("new", payload("2"), LeaseRule.keep()));

        assertThat(leaseId(topic)).isNull();
        store.advancePast(LONG);
        assertThat(topic.entries()).containsOnlyKeys(KEY, "new");
    }

    @Test
    @Needs(TIME)
    @DisplayName("S10: add keeps, sets or clears like put")
    void additionFollowsItsLeaseRule(StoreUnderTest store, TopicUnderTest topic) {
        topic.apply(Mutation.add(KEY, 1, LeaseRule.set("lease", TTL)));
        topic.apply(Mutation.add(KEY, 1));
        assertThat(leaseId(topic)).isEqualTo("lease");
        topic.apply(Mutation.add("cleared", 1, LeaseRule.set("lease", TTL)));
        topic.apply(Mutation.add("cleared", 1, LeaseRule.none()));

        store.advance(TTL);

        assertThat(topic.entry(KEY)).isNull();
        assertThat(topic.text("cleared")).isEqualTo("2");
    }

    @Test
    @Needs(TIME)
    @DisplayName("S11: an expiry is one change with a revision of its own, in time, though nobody reads")
    void expiryIsOneChange(StoreUnderTest store, TopicUnderTest topic) {
        Version written = topic.put(KEY, "1", "lease", TTL);

        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitState(FeedState.CURRENT);
            store.advancePast(TTL);
            follower.await("an expiry", () -> !follower.changes().isEmpty());

            Change expiry = follower.changes().get(0);
            assertThat(expiry)
                    .isEqualTo(new Change(
                            expiry.version(), written.link(), KEY, written, null, Cause.EXPIRED, RequestId.NONE, 0, 1));
            assertThat(expiry.version().revision()).isEqualTo(written.revision() + 1);

            store.advancePast(TTL);
            follower.awaitAt(topic.put("marker", "1"));
            assertThat(follower.changes()).hasSize(2);
            assertThat(follower.texts()).containsOnlyKeys("marker");
        }
    }

    @Test
    @Needs(TIME)
    @DisplayName("S11: an expiry is in the log though nobody followed either")
    void expiryIsLoggedUnobserved(StoreUnderTest store, TopicUnderTest topic) {
        Version written = topic.put(KEY, "1", "lease", TTL);

        store.advancePast(TTL);

        assertThat(topic.log(written)).extracting(Change::cause).containsExactly(Cause.EXPIRED);
    }

    @Test
    @Needs(TIME)
    @DisplayName("S11: an entry lives to the last moment of its lease, and not to the next")
    void entryLivesUntilItIsDue(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "lease", TTL);

        store.advance(TTL.minus(SHORT));
        assertThat(topic.text(KEY)).isEqualTo("1");

        store.advance(SHORT);
        assertThat(topic.entry(KEY)).isNull();
        assertThat(topic.log(Version.ABSENT)).extracting(Change::cause).containsExactly(Cause.WRITE, Cause.EXPIRED);
    }

    @Test
    @Needs(TIME)
    @DisplayName("B23: whatever touches a due entry expires it first")
    void touchingADueEntryExpiresItFirst(StoreUnderTest store, TopicUnderTest topic) {
        topic.apply(
                leased("put", "1", "lease", SHORT),
                leased("deleted", "1", "lease", SHORT),
                leased("kept", "1", "lease", SHORT),
                Mutation.add("added", 7, LeaseRule.set("lease", SHORT)));
        store.advance(SHORT);

        Committed put = topic.committed(List.of(Check.absent("put")), put("put"));
        Committed deleted = topic.committed(List.of(), Mutation.delete("deleted"));
        Committed kept = topic.committed(List.of(), Mutation.put("kept", payload("2"), LeaseRule.keep()));
        topic.apply(Mutation.add("added", 1));

        assertThat(Objects.requireNonNull(put.outcome(0)).previous()).isEqualTo(Version.ABSENT);
        assertThat(deleted.outcome(0)).isNull();
        assertThat(Objects.requireNonNull(kept.outcome(0)).previous()).isEqualTo(Version.ABSENT);
        assertThat(topic.text("added")).isEqualTo("1");
        store.advancePast(TTL);
        assertThat(topic.entries()).containsOnlyKeys("put", "kept", "added");
        assertThat(topic.log(Version.ABSENT).stream().filter(change -> change.cause() == Cause.EXPIRED))
                .hasSize(4);
    }

    @Test
    @Needs(TIME)
    @DisplayName("B23: neither a range nor a commit's selection shows a due entry; both expire it")
    void selectionsShowNoDueEntry(StoreUnderTest store, TopicUnderTest topic) {
        topic.apply(put("a"), leased("b", "1", "lease", SHORT), put("c"), leased("d", "1", "lease", SHORT));
        store.advance(SHORT);

        Committed committed = topic.committed(topic.request(List.of(), Selection.last("", 3), put("e")));
        assertThat(committed.selected().entries()).extracting(Entry::key).containsExactly("e", "c", "a");
        assertThat(committed.selected().more()).isFalse();
        assertThat(topic.log(Version.ABSENT).stream().filter(Change::isTombstone))
                .extracting(Change::key)
                .containsExactlyInAnyOrder("b", "d");

        topic.apply(leased("b", "1", "lease", SHORT));
        store.advance(SHORT);
        assertThat(topic.read(Selection.first("", 10)).entries())
                .extracting(Entry::key)
                .containsExactly("a", "c", "e");
    }

    @Test
    @Needs(TIME)
    @DisplayName("B24: keepAlive gives the full time again, without a change")
    void keepAliveRenewsWithoutAChange(StoreUnderTest store, TopicUnderTest topic) {
        Version written = topic.put(KEY, "1", "lease", TTL);

        for (int i = 0; i < 5; i++) {
            store.advance(TTL.minus(SHORT));
            assertThat(topic.keepAlive(topic.lease(KEY, "lease"))).isEmpty();
        }

        assertThat(topic.version(KEY)).isEqualTo(written);
        assertThat(topic.head()).isEqualTo(written);
        store.advance(TTL);
        assertThat(topic.entry(KEY)).isNull();
    }

    @Test
    @Needs(TIME)
    @DisplayName("B25: keepAlive never revives a due lease, noticed or not")
    void keepAliveRevivesNothing(StoreUnderTest store, TopicUnderTest topic) {
        Lease lease = topic.lease(KEY, "lease");
        topic.put(KEY, "1", "lease", SHORT);

        store.advance(SHORT);
        assertThat(topic.keepAlive(lease)).containsExactly(lease);
        assertThat(topic.keepAlive(lease)).containsExactly(lease);
        assertThat(topic.entry(KEY)).isNull();

        store.advancePast(TTL);
        assertThat(topic.keepAlive(lease)).containsExactly(lease);
    }

    @Test
    @DisplayName("B26: keepAlive tells which of many leases are gone: deleted, replaced, cleared, never granted")
    void keepAliveTellsWhatIsGone(StoreUnderTest store, TopicUnderTest topic) {
        TopicUnderTest other = store.topic("other");
        topic.apply(
                leased("held", "1", "id", LONG),
                leased("deleted", "1", "id", LONG),
                leased("replaced", "1", "id", LONG),
                leased("cleared", "1", "id", LONG),
                put("unleased"));
        topic.apply(Mutation.delete("deleted"), leased("replaced", "2", "other id", LONG), put("cleared"));
        other.put("held", "1", "id", LONG);

        List<Lease> gone = topic.keepAlive(
                topic.lease("held", "id"),
                topic.lease("deleted", "id"),
                topic.lease("replaced", "id"),
                topic.lease("replaced", "other id"),
                topic.lease("cleared", "id"),
                topic.lease("unleased", "id"),
                topic.lease("nothing", "id"),
                other.lease("held", "id"),
                other.lease("held", "wrong"),
                store.topic("unwritten").lease("held", "id"));

        assertThat(gone)
                .containsExactlyInAnyOrder(
                        topic.lease("deleted", "id"),
                        topic.lease("replaced", "id"),
                        topic.lease("cleared", "id"),
                        topic.lease("unleased", "id"),
                        topic.lease("nothing", "id"),
                        other.lease("held", "wrong"),
                        store.topic("unwritten").lease("held", "id"));
        assertThat(topic.keepAlive()).isEmpty();
    }

    @Test
    @Needs(TIME)
    @DisplayName("B27: hundreds of entries due at once expire once each")
    void manyDueEntriesExpireOnceEach(StoreUnderTest store, TopicUnderTest topic) {
        List<Mutation> mutations = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            mutations.add(leased("k" + i, "1", "lease", TTL));
        }
        Version written = topic.apply(mutations.toArray(Mutation[]::new));

        try (RecordingFollower follower = topic.followEntries()) {
            follower.awaitState(FeedState.CURRENT);
            for (int i = 0; i < 5; i++) {
                store.advancePast(TTL);
            }
            follower.await("250 expiries", () -> follower.changes().size() == 250);
        }

        assertThat(topic.entries()).isEmpty();
        assertThat(topic.log(written)).hasSize(250).allMatch(change -> change.cause() == Cause.EXPIRED);
    }

    @Test
    @Needs(TIME)
    @DisplayName("B27: a commit that meets many due entries of others is not held up by them")
    void commitBesideManyDueEntriesWorks(StoreUnderTest store, TopicUnderTest topic) {
        List<Mutation> mutations = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            mutations.add(leased("k" + i, "1", "lease", SHORT));
        }
        topic.apply(mutations.toArray(Mutation[]::new));
        store.advance(SHORT);

        Committed committed = topic.committed(List.of(Check.absent("k100")), put("mine"));

        assertThat(committed.outcome(0)).isNotNull();
        assertThat(topic.entries()).containsOnlyKeys("mine");
    }

    @Test
    @Needs(TIME)
    @DisplayName("B28: sequential keys are leased like others")
    void sequentialKeysExpire(StoreUnderTest store, TopicUnderTest topic) {
        Committed committed =
                topic.committed(List.of(), Mutation.putSequential("q/", payload("waiter"), LeaseRule.set("me", TTL)));
        String key = Objects.requireNonNull(committed.outcome(0)).key();

        assertThat(topic.keepAlive(topic.lease(key, "me"))).isEmpty();
        store.advancePast(TTL);

        assertThat(topic.keepAlive(topic.lease(key, "me"))).hasSize(1);
        assertThat(topic.read(Selection.first("q/", 1)).entries()).isEmpty();
    }

    @Test
    @Needs(TIME)
    @DisplayName("B29: the longest lease is granted and renewed")
    void longestLeaseIsGranted(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "lease", Limits.MAX_LEASE);

        store.advance(Duration.ofDays(2));

        assertThat(topic.text(KEY)).isEqualTo("1");
        assertThat(topic.keepAlive(topic.lease(KEY, "lease"))).isEmpty();
    }

    @Test
    @Needs({TIME, Capability.WALL_CLOCK})
    @DisplayName("F18: a jump of the wall clock neither ends nor prolongs a lease, and moves no revision back")
    void wallClockJumpsDoNotCount(StoreUnderTest store, TopicUnderTest topic) {
        topic.put(KEY, "1", "lease", TTL);
        try (RecordingFollower follower = topic.followEntries()) {
            store.fixture().jumpWallClock(LONG);
            assertThat(topic.text(KEY)).isEqualTo("1");
            topic.put("a", "1");
            store.fixture().jumpWallClock(LONG.multipliedBy(-2));
            follower.awaitAt(topic.put("a", "2")).verifyHolds(topic);

            store.advancePast(TTL);
            assertThat(topic.entry(KEY)).isNull();
            assertThat(follower.resets()).isEmpty();
        }
    }

    private static @Nullable String leaseId(TopicUnderTest topic) {
        return Objects.requireNonNull(topic.entry(KEY)).leaseId();
    }
}
