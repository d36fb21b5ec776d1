package io.distsync;

import static io.distsync.Nodes.awaitCurrent;
import static io.distsync.Nodes.eventually;
import static io.distsync.Nodes.join;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.ServiceFixture.Capability;
import io.distsync.backend.Change;
import io.distsync.backend.Check;
import io.distsync.backend.FeedState;
import io.distsync.backend.Lease;
import io.distsync.backend.Scope;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.backend.TopicOptions;
import io.distsync.error.AbsentStateException;
import io.distsync.error.RejectedException;
import io.distsync.error.ServiceClosedException;
import io.distsync.error.UndecodableStateException;
import io.distsync.version.Limits;
import io.distsync.version.Version;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a topic offers as a collection of entries. */
abstract class MapConformance {

    abstract Nodes nodes();

    @Test
    @DisplayName("S1: two nodes updating many entries of one topic add up exactly")
    void entriesAddUp() {
        SyncService[] node = {nodes().open(), nodes().open()};
        Topic<Counter> topic = nodes().counters();
        Together.run(4, thread -> {
            SyncMap<Counter> map = node[thread % 2].map(topic);
            for (int i = 0; i < 60; i++) {
                map.update("key" + i % 3, state -> state.plus(1));
            }
        });
        assertThat(node[0].map(topic).read(Selection.first("key", 10)).entries())
                .extracting(MapEntry::value)
                .containsExactly(Counter.of(80), Counter.of(80), Counter.of(80));
        assertThat(nodes().head(topic).revision()).isEqualTo(240);
    }

    @Test
    @DisplayName("S31: a fence refuses an older token, and is raised by a commit without mutations")
    void fence() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        Version older = new Version(5, 1, 0);
        Version newer = new Version(5, 2, 0);
        assertThat(map.commit(commit -> commit.fence("lock", older).put("key", Counter.of(1)))
                        .isCommitted())
                .isTrue();
        Version before = nodes().head(topic);
        assertThat(map.commit(commit -> commit.fence("lock", newer)).isCommitted())
                .isTrue();
        assertThat(nodes().head(topic)).as("no mutation, no revision").isEqualTo(before);
        CommitOutcome<Counter> refused =
                map.commit(commit -> commit.fence("lock", older).put("key", Counter.of(2)));
        assertThat(refused).isInstanceOf(CommitOutcome.Conflict.class);
        assertThat(((CommitOutcome.Conflict<Counter>) refused).failed())
                .singleElement()
                .satisfies(failed -> {
                    assertThat(failed.check()).isEqualTo(Check.fence("lock", older));
                    assertThat(failed.current()).isNull();
                    assertThat(failed.fence()).isEqualTo(newer);
                });
        assertThat(map.commit(commit -> commit.fence("another", older).put("key", Counter.of(3)))
                        .isCommitted())
                .as("each name has its own fence")
                .isTrue();
        assertThat(map.commit(commit -> commit.fence("lock", newer).put("key", Counter.of(4)))
                        .isCommitted())
                .as("an equal token passes")
                .isTrue();
        assertThat(map.get("key").orElseThrow().value()).isEqualTo(Counter.of(4));
    }

    @Test
    @DisplayName("S32: pages read during writes add up to a consistent state with the changes since the first")
    void pagesDuringWrites() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        for (int from = 0; from < 400; from += 100) {
            int start = from;
            map.commit(commit -> {
                for (int i = start; i < start + 100; i++) {
                    commit.put(String.format("key%04d", i), Counter.of(0));
                }
            });
        }
        AtomicBoolean stop = new AtomicBoolean();
        Together.Running<?> writer = Together.start("writer", () -> {
            SyncMap<Counter> writing = other.map(topic);
            for (int i = 0; !stop.get(); i++) {
                String key = String.format("key%04d", i * 37 % 400);
                if (i % 5 == 0) {
                    writing.remove(key);
                } else {
                    writing.put(key, Counter.of(i));
                }
            }
            return null;
        });
        Map<String, Version> copy = new HashMap<>();
        Version first = null;
        Version last;
        String after = null;
        MapPage<Counter> page;
        do {
            page = map.read(new Selection.Range("key", after, 50, Selection.Order.ASCENDING));
            first = first == null ? page.head() : first;
            for (MapEntry<Counter> entry : page.entries()) {
                copy.put(entry.key(), entry.versioned().version());
                after = entry.key();
            }
        } while (page.more());
        stop.set(true);
        writer.result();
        last = nodes().head(topic);
        for (Change change : nodes().log(topic)) {
            Version held = copy.getOrDefault(change.key(), Version.ABSENT);
            if (change.version().isNewerThan(first) && change.version().isNewerThan(held)) {
                if (change.isTombstone()) {
                    copy.remove(change.key());
                } else {
                    copy.put(change.key(), change.version());
                }
            }
        }
        MapPage<Counter> truth = map.read(Selection.first("key", 1_000));
        assertThat(truth.head()).isEqualTo(last);
        Map<String, Version> stored = new HashMap<>();
        truth.entries()
                .forEach(entry -> stored.put(entry.key(), entry.versioned().version()));
        assertThat(copy).isEqualTo(stored);
    }

    @Test
    @DisplayName("API: put, get, update, compareAndSet and remove work on one entry and leave the others")
    void entries() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (SyncMap<Counter> map = node.map(topic)) {
            assertThat(map.topic().name()).isEqualTo(topic.name());
            assertThat(map.get("a")).isEmpty();
            Versioned<Counter> a = map.put("a", Counter.of(1));
            Versioned<Counter> b = map.update("b", state -> state.plus(2));
            assertThat(map.get("a")).contains(a);
            assertThat(map.get("b")).contains(b);
            assertThat(b.value()).isEqualTo(Counter.of(2));
            assertThat(b.version().revision()).isEqualTo(2);
            assertThat(map.compareAndSet("a", b.version(), Counter.of(9))).isEqualTo(new CasResult.Conflict<>(a));
            CasResult<Counter> compared = map.compareAndSet("a", a.version(), Counter.of(3));
            assertThat(compared.isCommitted()).isTrue();
            assertThat(map.get("a")).contains(compared.current());
            assertThat(map.compareAndSet("c", Version.ABSENT, Counter.of(4)).isCommitted())
                    .isTrue();
            assertThat(map.remove("b")).isTrue();
            assertThat(map.remove("b")).isFalse();
            assertThat(map.get("b")).isEmpty();
            assertThat(map.get("a")).isPresent();
        }
    }

    @Test
    @DisplayName("API: the asynchronous twins do the same")
    void asyncTwins() {
        SyncService node = nodes().open();
        SyncMap<Counter> map = node.map(nodes().counters());
        Versioned<Counter> put = join(map.putAsync("a", Counter.of(1)));
        assertThat(join(map.getAsync("a"))).contains(put);
        Versioned<Counter> updated = join(map.updateAsync("a", state -> state.plus(1)));
        assertThat(updated.value()).isEqualTo(Counter.of(2));
        CasResult<Counter> compared = join(map.compareAndSetAsync("a", updated.version(), Counter.of(3)));
        assertThat(compared.isCommitted()).isTrue();
        assertThat(join(map.readAsync(Selection.keys("a"))).entries())
                .extracting(MapEntry::versioned)
                .containsExactly(compared.current());
        assertThat(join(map.commitAsync(commit -> commit.delete("a"))).isCommitted())
                .isTrue();
        assertThat(join(map.removeAsync("a"))).isFalse();
        assertThat(join(map.keepAliveAsync(List.of(new Lease(map.topic().name(), "a", "none")))))
                .hasSize(1);
        assertThat(join(map.putAsync("a", Counter.of(1), LeaseOptions.none())).present())
                .isTrue();
        assertThat(join(map.updateAsync("a", state -> state.plus(1), LeaseOptions.keep()))
                        .value())
                .isEqualTo(Counter.of(2));
    }

    @Test
    @DisplayName("API: the single state of a topic is its entry with the empty key")
    void singleStateIsTheEmptyKey() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        Versioned<Counter> sent = node.send(topic, Counter.of(1));
        assertThat(map.get("")).contains(sent);
        Versioned<Counter> put = map.put("", Counter.of(2));
        assertThat(node.fetchLatest(topic)).contains(put);
        map.put("other", Counter.of(3));
        assertThat(node.fetchLatest(topic)).contains(put);
        try (DistributedSync<Counter> handle = node.sync(topic)) {
            awaitCurrent(handle);
            Recorder<Counter> listener = new Recorder<>();
            handle.onChange(Delivery.EVERY, listener);
            map.put("other", Counter.of(4));
            Versioned<Counter> last = map.put("", Counter.of(5));
            eventually(() -> assertThat(listener.changes()).last().isEqualTo(last));
            assertThat(listener.values()).doesNotContain(Counter.of(4), Counter.of(3));
            assertThat(handle.versioned()).isEqualTo(last);
        }
    }

    @Test
    @DisplayName("API: update on an absent entry starts from the initial value, or says that there is none")
    void updateOfAbsentEntry() {
        SyncService node = nodes().open();
        assertThat(node.map(nodes().counters())
                        .update("key", state -> state.plus(1))
                        .value())
                .isEqualTo(Counter.of(1));
        SyncMap<Counter> without = node.map(nodes().uninitialised());
        assertThatThrownBy(() -> without.update("key", state -> state.plus(1)))
                .isInstanceOf(AbsentStateException.class);
    }

    @Test
    @DisplayName("API: a commit of several entries is all or nothing, and says what each mutation did")
    void commitIsAllOrNothing() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        Versioned<Counter> a = map.put("a", Counter.of(1));
        CommitOutcome<Counter> outcome = map.commit(commit -> commit.expect("a", a.version())
                .expectAbsent("b")
                .expectExists("a")
                .put("a", Counter.of(2))
                .put("b", Counter.of(3))
                .delete("missing")
                .delete("a")
                .select(Selection.first("", 10)));
        assertThat(outcome).isInstanceOf(CommitOutcome.Committed.class);
        CommitOutcome.Committed<Counter> committed = (CommitOutcome.Committed<Counter>) outcome;
        assertThat(committed.head().revision()).isEqualTo(4);
        assertThat(committed.written())
                .extracting(CommitOutcome.Written::key)
                .containsExactly("a", "b", "missing", "a");
        assertThat(committed.written())
                .extracting(CommitOutcome.Written::effective)
                .containsExactly(true, true, false, true);
        assertThat(committed.written())
                .extracting(written -> written.versioned().version().revision())
                .containsExactly(2L, 3L, 0L, 4L);
        assertThat(committed.written())
                .extracting(written -> written.versioned().present())
                .containsExactly(true, true, false, false);
        assertThat(committed.selected().entries()).extracting(MapEntry::key).containsExactly("b");
        assertThat(committed.selected().head()).isEqualTo(committed.head());

        CommitOutcome<Counter> refused = map.commit(commit -> commit.expect("a", a.version())
                .expectAbsent("b")
                .put("c", Counter.of(9))
                .select(Selection.keys("b")));
        assertThat(refused.isCommitted()).isFalse();
        assertThat(refused.head()).isEqualTo(committed.head());
        assertThat(refused.selected().entries()).extracting(MapEntry::value).containsExactly(Counter.of(3));
        List<CommitOutcome.Failed<Counter>> failed = ((CommitOutcome.Conflict<Counter>) refused).failed();
        assertThat(failed)
                .extracting(CommitOutcome.Failed::check)
                .containsExactly(Check.versionIs("a", a.version()), Check.absent("b"));
        assertThat(failed.get(0).current()).isNotNull().matches(current -> !current.present());
        assertThat(failed.get(1).current())
                .isNotNull()
                .matches(current -> current.value().equals(Counter.of(3)));
        assertThat(map.get("c")).isEmpty();
    }

    @Test
    @DisplayName("API: a commit's consumer is called once, at once, and what it throws reaches the caller")
    void commitConsumer() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        AtomicInteger calls = new AtomicInteger();
        map.commit(commit -> {
            calls.incrementAndGet();
            commit.put("a", Counter.of(1));
        });
        assertThat(calls).hasValue(1);
        IllegalStateException mine = new IllegalStateException("mine");
        assertThatThrownBy(() -> map.commit(commit -> {
                    throw mine;
                }))
                .isSameAs(mine);
        assertThat(nodes().head(topic).revision()).isEqualTo(1);
    }

    @Test
    @DisplayName("API: sequential keys sort in commit order, over all nodes")
    void sequentialKeys() {
        SyncService[] node = {nodes().open(), nodes().open()};
        Topic<Counter> topic = nodes().counters();
        Together.run(4, thread -> {
            SyncMap<Counter> map = node[thread % 2].map(topic);
            for (int i = 0; i < 20; i++) {
                CommitOutcome.Committed<Counter> outcome = (CommitOutcome.Committed<Counter>)
                        map.commit(commit -> commit.putSequential("queue/", Counter.of(thread), LeaseOptions.none()));
                CommitOutcome.Written<Counter> written = outcome.written().get(0);
                assertThat(written.key())
                        .isEqualTo(String.format(
                                "queue/%0" + Limits.SEQUENCE_DIGITS + "d",
                                written.versioned().version().revision()));
            }
        });
        List<MapEntry<Counter>> entries =
                node[0].map(topic).read(Selection.first("queue/", 1_000)).entries();
        assertThat(entries).hasSize(80);
        assertThat(entries)
                .extracting(entry -> entry.versioned().version().revision())
                .isSorted();
    }

    @Test
    @DisplayName("API: add never conflicts, starts at 0, and its bound is refused")
    void add() {
        SyncService[] node = {nodes().open(), nodes().open()};
        Topic<Long> topic = Topic.of(nodes().newName(), Long.class);
        Together.run(4, thread -> {
            SyncMap<Long> map = node[thread % 2].map(topic);
            for (int i = 0; i < 50; i++) {
                assertThat(map.commit(commit -> commit.add("sum", 3)).isCommitted())
                        .isTrue();
            }
        });
        SyncMap<Long> map = node[0].map(topic);
        assertThat(map.get("sum").orElseThrow().value()).isEqualTo(600L);
        CommitOutcome.Committed<Long> outcome =
                (CommitOutcome.Committed<Long>) map.commit(commit -> commit.add("sum", -700));
        assertThat(outcome.written().get(0).versioned().value()).isEqualTo(-100L);
        assertThatThrownBy(() -> map.commit(
                        commit -> commit.add("sum", Limits.MAX_INTEGER).add("sum", Limits.MAX_INTEGER)))
                .isInstanceOf(RejectedException.class);
        assertThat(map.get("sum").orElseThrow().value()).isEqualTo(-100L);
        assertThat(map.update("sum", sum -> sum + 1).value()).isEqualTo(-99L);
    }

    @Test
    @DisplayName("API: ranges are ordered, bounded and paged, in both directions")
    void ranges() {
        SyncService node = nodes().open();
        SyncMap<Counter> map = node.map(nodes().counters());
        map.commit(commit -> {
            for (int i = 0; i < 10; i++) {
                commit.put("a" + i, Counter.of(i)).put("b" + i, Counter.of(100 + i));
            }
        });
        MapPage<Counter> first = map.read(Selection.first("a", 4));
        assertThat(first.entries()).extracting(MapEntry::key).containsExactly("a0", "a1", "a2", "a3");
        assertThat(first.more()).isTrue();
        MapPage<Counter> rest = map.read(new Selection.Range("a", "a3", 10, Selection.Order.ASCENDING));
        assertThat(rest.entries()).extracting(MapEntry::key).containsExactly("a4", "a5", "a6", "a7", "a8", "a9");
        assertThat(rest.more()).isFalse();
        MapPage<Counter> last = map.read(Selection.last("b", 2));
        assertThat(last.entries()).extracting(MapEntry::value).containsExactly(Counter.of(109), Counter.of(108));
        assertThat(last.more()).isTrue();
        assertThat(map.read(new Selection.Range("b", "b8", 10, Selection.Order.DESCENDING))
                        .entries())
                .extracting(MapEntry::key)
                .containsExactly("b7", "b6", "b5", "b4", "b3", "b2", "b1", "b0");
        assertThat(map.read(Selection.keys("b3", "missing", "a1")).entries())
                .extracting(MapEntry::key)
                .containsExactly("b3", "a1");
        assertThat(map.read(Selection.first("c", 5)).entries()).isEmpty();
        assertThat(first.head().revision()).isEqualTo(20);
    }

    @Test
    @DisplayName("API: a lease expires, is renewed by keepAlive, and keepAlive names those that are gone")
    void leases() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        Duration ttl = Duration.ofSeconds(10);
        map.put("renewed", Counter.of(1), LeaseOptions.lease("one", ttl));
        map.put("left", Counter.of(2), LeaseOptions.lease("two", ttl));
        map.put("for good", Counter.of(3));
        Lease renewed = new Lease(topic.name(), "renewed", "one");
        Lease left = new Lease(topic.name(), "left", "two");
        Version before = nodes().head(topic);
        nodes().advance(Duration.ofSeconds(6));
        assertThat(map.keepAlive(List.of(renewed))).isEmpty();
        assertThat(nodes().head(topic)).as("a renewal is no change").isEqualTo(before);
        nodes().advance(Duration.ofSeconds(6));
        assertThat(map.get("renewed")).isPresent();
        assertThat(map.get("left")).isEmpty();
        assertThat(map.get("for good")).isPresent();
        assertThat(map.keepAlive(List.of(left, renewed))).containsExactly(left);
        nodes().advance(Duration.ofSeconds(20));
        assertThat(map.keepAlive(List.of(renewed)))
                .as("a due lease is not revived")
                .containsExactly(renewed);
        assertThat(map.get("renewed")).isEmpty();
    }

    @Test
    @DisplayName("F8: a blocked listener does not hold up the renewal of leases")
    void blockedListenerAndLeases() {
        nodes().require(Capability.STORE_TIME);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        Gate gate = nodes().gate();
        SyncMap<Counter> map = node.map(topic);
        Duration ttl = Duration.ofSeconds(10);
        try (MapReplica<Counter> replica = map.replica()) {
            replica.onChange(new MapRecorder<>() {
                @Override
                public synchronized void onChanges(List<MapChange<Counter>> changes) {
                    gate.pass();
                }
            });
            awaitCurrent(replica);
            map.put("leased", Counter.of(1), LeaseOptions.lease("id", ttl));
            gate.awaitArrival();
            for (int i = 0; i < 7; i++) {
                nodes().advance(Duration.ofSeconds(8));
                assertThat(map.keepAlive(List.of(new Lease(topic.name(), "leased", "id"))))
                        .isEmpty();
            }
            assertThat(map.get("leased")).isPresent();
            gate.open();
        }
    }

    @Test
    @DisplayName("API: a listener that joins a replica of a quiet topic is told its entries at once")
    void listenerOfAQuietReplica() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            map.put("before", Counter.of(1));
            awaitCurrent(replica);
            for (int i = 0; i < 2; i++) {
                MapRecorder<Counter> listener = new MapRecorder<>();
                replica.onChange(listener);
                eventually(() -> assertThat(listener.entries()).containsOnlyKeys("before"));
            }
        }
    }

    @Test
    @DisplayName("API: a replica follows the writes of every node and reads without I/O")
    void replica() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        other.map(topic).put("before", Counter.of(1));
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            eventually(() -> assertThat(replica.status().isCurrent()).isTrue());
            assertThat(replica.get("before").orElseThrow().value()).isEqualTo(Counter.of(1));
            assertThat(replica.get("missing")).isEmpty();
            other.map(topic).put("after", Counter.of(2));
            other.map(topic).remove("before");
            Version head = nodes().head(topic);
            eventually(() -> assertThat(replica.version()).isEqualTo(head));
            assertThat(replica.entries()).containsOnlyKeys("after");
            Map<String, Versioned<Counter>> copy = replica.entries();
            map.put("later", Counter.of(3));
            assertThat(copy).as("a copy is no live view").containsOnlyKeys("after");
        }
    }

    @Test
    @DisplayName("API: a replica has every write its node has acknowledged")
    void replicaReadsItsOwnWrites() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            for (int i = 0; i < 50; i++) {
                String key = "key" + i % 7;
                other.map(topic).put("noise", Counter.of(i));
                Versioned<Counter> put = map.put(key, Counter.of(i));
                assertThat(replica.get(key)).contains(put);
                Versioned<Counter> updated = map.update(key, state -> state.plus(1));
                assertThat(replica.get(key)).contains(updated);
                if (i % 10 == 0) {
                    map.remove(key);
                    assertThat(replica.get(key)).isEmpty();
                }
            }
            map.commit(commit -> commit.put("x", Counter.of(1)).put("y", Counter.of(2)));
            assertThat(replica.get("x")).isPresent();
            assertThat(replica.get("y")).isPresent();
        }
    }

    @Test
    @DisplayName("API: a replica has its node's writes even while the feed lags behind")
    void replicaReadsItsOwnWritesWhileTheFeedLags() {
        nodes().require(Capability.FEED_DELAY);
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            map.put("a", Counter.of(0));
            eventually(() -> assertThat(replica.status().isCurrent()).isTrue());
            nodes().holdFeeds(node);
            nodes().rival(topic, "b", Counter.of(1));
            Versioned<Counter> put = map.put("a", Counter.of(2));
            assertThat(replica.get("a")).contains(put);
            map.remove("a");
            assertThat(replica.get("a")).isEmpty();
            nodes().releaseFeeds(node);
            eventually(() -> assertThat(replica.version()).isEqualTo(nodes().head(topic)));
            assertThat(replica.entries()).containsOnlyKeys("b");
        }
    }

    @Test
    @DisplayName(
            "API: a listener of a replica gets the entries as a snapshot and then every change, to converge on them")
    void replicaListener() {
        SyncService node = nodes().open();
        SyncService other = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> writer = other.map(topic);
        writer.put("a", Counter.of(1));
        writer.put("b", Counter.of(2), LeaseOptions.lease("lease", Duration.ofMinutes(10)));
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            eventually(() -> assertThat(replica.status().isCurrent()).isTrue());
            MapRecorder<Counter> listener = new MapRecorder<>();
            Subscription subscription = replica.onChange(listener);
            Together.run(2, thread -> {
                for (int i = 0; i < 50; i++) {
                    writer.put("c" + thread, Counter.of(i));
                }
            });
            writer.remove("a");
            eventually(() -> assertThat(listener.entries()).isEqualTo(replica.entries()));
            eventually(() -> assertThat(replica.version()).isEqualTo(nodes().head(topic)));
            eventually(() -> assertThat(listener.entries()).containsOnlyKeys("b", "c0", "c1"));
            assertThat(listener.snapshots()).singleElement().satisfies(snapshot -> {
                assertThat(snapshot).extracting(MapEntry::key).contains("a", "b");
            });
            assertThat(listener.changes())
                    .extracting(change -> change.versioned().version())
                    .isSorted();
            assertThat(listener.changes()).last().satisfies(last -> {
                assertThat(last.cause()).isEqualTo(Change.Cause.DELETE);
                assertThat(last.key()).isEqualTo("a");
                assertThat(last.versioned().present()).isFalse();
            });
            subscription.close();
            int told = listener.changes().size();
            writer.put("d", Counter.of(1));
            assertThat(listener.changes()).hasSize(told);
        }
    }

    @Test
    @DisplayName("API: a follower of the log gets every change from the beginning, or from where it left off")
    void followTheLog() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        try (SyncMap<Counter> map = node.map(topic)) {
            List<Version> versions = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                versions.add(map.put("key" + i % 2, Counter.of(i)).version());
            }
            MapRecorder<Counter> whole = new MapRecorder<>();
            MapRecorder<Counter> tail = new MapRecorder<>();
            map.follow(Scope.log(), Version.ABSENT, whole);
            map.follow(Scope.log(), versions.get(6), tail);
            versions.add(map.put("key", Counter.of(10)).version());
            eventually(() -> assertThat(whole.versions()).isEqualTo(versions));
            eventually(() -> assertThat(tail.versions()).isEqualTo(versions.subList(7, 11)));
            assertThat(whole.snapshots()).isEmpty();
            eventually(() -> assertThat(whole.states()).endsWith(FeedState.CURRENT));
        }
    }

    @Test
    @DisplayName("F3: a follower of the log from a trimmed position gets one reset and goes on")
    void followTheLogPastTheTrim() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters().withRetention(TopicOptions.Retention.changes(256));
        Version first = nodes().rival(topic, Counter.of(0));
        nodes().rivalBurst(topic, 1_000, 1_000);
        try (SyncMap<Counter> map = node.map(topic)) {
            MapRecorder<Counter> listener = new MapRecorder<>();
            map.follow(Scope.log(), first, listener);
            Version last = nodes().rival(topic, Counter.of(2_000));
            eventually(() -> assertThat(listener.versions()).endsWith(last));
            assertThat(listener.resets()).hasSize(1);
            assertThat(listener.resets().get(0)).isEqualTo(first);
            assertThat(listener.versions()).isSorted();
        }
    }

    @Test
    @DisplayName("F9: a slow listener of a map overflows: one reset that says what was skipped, and it converges")
    void slowMapListenersOverflow() {
        SyncService node = nodes().open(builder -> builder.listenerBuffer(256));
        Topic<Counter> topic = nodes().counters();
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            SlowRecorder onReplica = new SlowRecorder(nodes().gate());
            SlowRecorder onEntries = new SlowRecorder(nodes().gate());
            SlowRecorder onLog = new SlowRecorder(nodes().gate());
            List<SlowRecorder> all = List.of(onReplica, onEntries, onLog);
            replica.onChange(onReplica);
            map.follow(Scope.entries(), Version.ABSENT, onEntries);
            map.follow(Scope.log(), Version.ABSENT, onLog);
            awaitCurrent(replica);
            awaitCurrent(onEntries);
            map.put("key1", Counter.of(0));
            all.forEach(listener -> listener.gate.awaitArrival());
            for (int i = 1; i <= 1_000; i++) {
                map.put("key" + i % 3, Counter.of(i));
            }
            all.forEach(listener -> listener.gate.open());
            all.forEach(
                    listener -> eventually(() -> assertThat(listener.resets()).hasSize(1)));
            map.remove("key0");
            Version head = map.put("last", Counter.of(1_001)).version();
            Map<String, Versioned<Counter>> truth = replica.entries();
            assertThat(truth).containsOnlyKeys("key1", "key2", "last");
            for (SlowRecorder listener : all) {
                eventually(() -> assertThat(listener.versions()).endsWith(head));
                assertThat(listener.resets()).hasSize(1);
                assertThat(listener.versions()).isSorted().doesNotHaveDuplicates();
            }
            assertThat(onReplica.entries()).isEqualTo(truth);
            assertThat(onEntries.entries()).isEqualTo(truth);
            assertThat(onLog.snapshots()).isEmpty();
        }
    }

    /** Waits at a gate before it takes the first changes. */
    private static final class SlowRecorder extends MapRecorder<Counter> {

        private final Gate gate;

        SlowRecorder(Gate gate) {
            this.gate = gate;
        }

        @Override
        public synchronized void onChanges(List<MapChange<Counter>> changes) {
            gate.pass();
            super.onChanges(changes);
        }
    }

    @Test
    @DisplayName("F12: an undecodable entry is reported, the others arrive")
    void undecodableEntry() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        byte[] garbage = "secret stuff".getBytes(StandardCharsets.UTF_8);
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            MapRecorder<Counter> listener = new MapRecorder<>();
            replica.onChange(listener);
            map.put("bad", Counter.of(1));
            map.put("good", Counter.of(1));
            nodes().storeBytes(topic, "bad", garbage);
            map.put("good", Counter.of(2));
            eventually(
                    () -> assertThat(replica.get("good").orElseThrow().value()).isEqualTo(Counter.of(2)));
            eventually(() -> assertThat(listener.errors())
                    .singleElement()
                    .satisfies(error -> assertThat(error)
                            .isInstanceOf(UndecodableStateException.class)
                            .hasMessageContaining(topic.name())
                            .hasMessageNotContaining("secret")));
            eventually(() -> assertThat(listener.value("good")).isEqualTo(Counter.of(2)));
            assertThatThrownBy(() -> map.get("bad")).isInstanceOf(UndecodableStateException.class);
            assertThatThrownBy(() -> map.update("bad", state -> state.plus(1)))
                    .isInstanceOf(UndecodableStateException.class);
            assertThat(map.update("good", state -> state.plus(1)).value()).isEqualTo(Counter.of(3));
            assertThat(nodes().storedBytes(topic, "bad")).isEqualTo(garbage);
            map.put("bad", Counter.of(5));
            eventually(
                    () -> assertThat(replica.get("bad").orElseThrow().value()).isEqualTo(Counter.of(5)));
        }
    }

    @Test
    @DisplayName("F7: a throwing listener of a map hears of it and is told the rest")
    void throwingMapListener() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        IllegalStateException mine = new IllegalStateException("mine");
        try (SyncMap<Counter> map = node.map(topic);
                MapReplica<Counter> replica = map.replica()) {
            MapRecorder<Counter> throwing = new MapRecorder<>() {
                @Override
                public synchronized void onChanges(List<MapChange<Counter>> changes) {
                    super.onChanges(changes);
                    throw mine;
                }
            };
            MapRecorder<Counter> healthy = new MapRecorder<>();
            replica.onChange(throwing);
            replica.onChange(healthy);
            awaitCurrent(replica);
            for (int i = 0; i < 5; i++) {
                map.put("key", Counter.of(i));
            }
            eventually(() -> assertThat(throwing.changes()).hasSize(5));
            eventually(() -> assertThat(healthy.changes()).hasSize(5));
            eventually(() -> assertThat(throwing.errors()).hasSize(5).allMatch(error -> error == mine));
        }
    }

    @Test
    @DisplayName("API: a topic that logs keys only tells which keys changed, and reads give the values")
    void keysOnlyLog() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters().withKeysOnlyLog();
        try (SyncMap<Counter> map = node.map(topic)) {
            MapRecorder<Counter> listener = new MapRecorder<>();
            map.follow(Scope.log(), Version.ABSENT, listener);
            Versioned<Counter> put = map.put("key", Counter.of(1));
            map.remove("key");
            map.put("key", Counter.of(2));
            eventually(() -> assertThat(listener.changes()).hasSize(3));
            MapChange<Counter> change = listener.changes().get(0);
            assertThat(change.key()).isEqualTo("key");
            assertThat(change.versioned().version()).isEqualTo(put.version());
            assertThat(change.versioned().value()).isNull();
            assertThat(change.versioned().present()).isTrue();
            assertThat(map.get("key").orElseThrow().value()).isEqualTo(Counter.of(2));
        }
    }

    @Test
    @DisplayName("API: closing a map ends its replicas, subscriptions and operations, and the topic stays")
    void closingAMap() {
        SyncService node = nodes().open();
        Topic<Counter> topic = nodes().counters();
        SyncMap<Counter> map = node.map(topic);
        SyncMap<Counter> other = node.map(topic);
        MapReplica<Counter> replica = map.replica();
        MapRecorder<Counter> onReplica = new MapRecorder<>();
        MapRecorder<Counter> following = new MapRecorder<>();
        replica.onChange(onReplica);
        map.follow(Scope.entries(), Version.ABSENT, following);
        awaitCurrent(replica);
        awaitCurrent(following);
        map.put("key", Counter.of(1));
        eventually(() -> assertThat(onReplica.changes()).hasSize(1));
        eventually(() -> assertThat(following.entries()).hasSize(1));
        map.close();
        map.close();
        assertThatThrownBy(() -> map.update("key", state -> state.plus(1))).isInstanceOf(ServiceClosedException.class);
        assertThatThrownBy(() -> map.put("key", Counter.of(9))).isInstanceOf(ServiceClosedException.class);
        assertThatThrownBy(() -> map.get("key")).isInstanceOf(ServiceClosedException.class);
        other.put("key", Counter.of(2));
        assertThat(replica.get("key").orElseThrow().value()).isEqualTo(Counter.of(1));
        assertThat(replica.status().isCurrent()).isFalse();
        assertThat(onReplica.changes()).hasSize(1);
        assertThat(node.status().followedTopics()).isZero();
        assertThat(other.get("key").orElseThrow().value()).isEqualTo(Counter.of(2));
    }
}
