package io.distsync.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.MapChange;
import io.distsync.MapEntry;
import io.distsync.Versioned;
import io.distsync.backend.Change.Cause;
import io.distsync.backend.FeedState;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Times are in seconds; each instance has a lease of ten. */
class RosterTest {

    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Version VERSION = new Version(1, 1, 1);

    private final Roster roster = new Roster();

    @BeforeEach
    void current() {
        snapshot(0);
        roster.state(FeedState.CURRENT, at(0));
    }

    private static long at(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }

    private static Stored stored(String id) {
        return new Stored("r", LEASE.toMillis(), ServiceInstance.of("s", "h", 1).withId(id));
    }

    private boolean snapshot(long seconds, String... ids) {
        List<MapEntry<Stored>> entries = Arrays.stream(ids)
                .map(id -> new MapEntry<>(id, new Versioned<>(stored(id), VERSION, true), null))
                .toList();
        return roster.snapshot(entries, at(seconds));
    }

    private boolean written(long seconds, String id) {
        return changed(seconds, id, true, Cause.WRITE);
    }

    private boolean gone(long seconds, String id, Cause cause) {
        return changed(seconds, id, false, cause);
    }

    private boolean changed(long seconds, String id, boolean present, Cause cause) {
        Versioned<Stored> versioned = new Versioned<>(stored(id), VERSION, present);
        return roster.changes(List.of(new MapChange<>(id, versioned, Version.ABSENT, cause)), at(seconds));
    }

    private void outage(long from, long until) {
        roster.state(FeedState.STALE, at(from));
        roster.state(FeedState.RESYNCING, at(until));
        roster.state(FeedState.CURRENT, at(until));
    }

    private List<String> ids() {
        return roster.instances().stream().map(ServiceInstance::id).toList();
    }

    @Test
    void listsWhatIsThereInTheOrderOfIds() {
        assertThat(snapshot(0, "b", "a")).isTrue();
        assertThat(snapshot(0, "a", "b")).isFalse();
        assertThat(written(1, "0")).isTrue();
        assertThat(written(1, "0")).as("the same again").isFalse();
        assertThat(ids()).containsExactly("0", "a", "b");
    }

    @Test
    void takesTheStoreAtItsWord() {
        snapshot(0, "a", "b");
        assertThat(gone(1, "a", Cause.EXPIRED)).isTrue();
        assertThat(gone(1, "b", Cause.DELETE)).isTrue();
        assertThat(gone(1, "c", Cause.EXPIRED)).isFalse();
        assertThat(ids()).isEmpty();
        assertThat(roster.hasDoubts()).isFalse();
    }

    @Test
    void emptySnapshotAfterALossKeepsTheList() {
        snapshot(0, "a", "b");
        roster.reset(at(5));
        assertThat(snapshot(5)).isFalse();
        assertThat(ids()).containsExactly("a", "b");
        assertThat(roster.hasDoubts()).isTrue();
        assertThat(roster.nanosToSettle(at(6))).hasValue(at(9));

        assertThat(written(7, "a")).as("the same instance as before").isFalse();
        assertThat(roster.settle(at(14))).isFalse();
        assertThat(roster.settle(at(15))).isTrue();
        assertThat(ids()).containsExactly("a");
        assertThat(roster.hasDoubts()).isFalse();
        assertThat(roster.nanosToSettle(at(15))).isEmpty();
    }

    @Test
    void expiryWhileTheStoreWasAwayIsDoubtedForOneLease() {
        snapshot(0, "a", "b");
        roster.state(FeedState.STALE, at(1));
        roster.state(FeedState.RESYNCING, at(100));
        assertThat(gone(100, "a", Cause.EXPIRED)).isFalse();
        assertThat(roster.nanosToSettle(at(100))).as("not current yet").isEmpty();
        assertThat(roster.settle(at(200))).isFalse();
        roster.state(FeedState.CURRENT, at(101));
        assertThat(gone(102, "b", Cause.EXPIRED)).as("the sweep came late").isFalse();
        assertThat(ids()).containsExactly("a", "b");
        assertThat(roster.settle(at(111))).isTrue();
        assertThat(ids()).isEmpty();
    }

    @Test
    void expiryLongAfterAnOutageIsBelieved() {
        snapshot(0, "a");
        outage(1, 5);
        assertThat(gone(15, "a", Cause.EXPIRED)).isTrue();
        assertThat(ids()).isEmpty();
    }

    @Test
    void expiryThatIsToldLateByAFeedThatWasNotCutIsBelieved() {
        snapshot(0, "a");
        roster.state(FeedState.RESYNCING, at(1));
        assertThat(gone(1, "a", Cause.EXPIRED)).isTrue();
        roster.state(FeedState.CURRENT, at(1));
        assertThat(ids()).isEmpty();
        assertThat(roster.nanosToSettle(at(1))).isEmpty();
    }

    @Test
    void deletionIsNeverDoubted() {
        snapshot(0, "a", "b");
        outage(1, 5);
        gone(6, "b", Cause.EXPIRED);
        assertThat(gone(6, "a", Cause.DELETE)).isTrue();
        assertThat(gone(6, "b", Cause.DELETE)).isTrue();
        assertThat(ids()).isEmpty();
        assertThat(roster.hasDoubts()).isFalse();
    }

    @Test
    void anotherOutageBeginsTheWaitAnew() {
        snapshot(0, "a");
        outage(1, 5);
        gone(6, "a", Cause.EXPIRED);
        outage(14, 20);
        assertThat(roster.settle(at(29))).isFalse();
        assertThat(roster.settle(at(30))).isTrue();
    }
}
