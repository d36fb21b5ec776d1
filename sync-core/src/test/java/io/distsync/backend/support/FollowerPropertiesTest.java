package io.distsync.backend.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.backend.Change;
import io.distsync.backend.FeedState;
import io.distsync.backend.Page;
import io.distsync.backend.Scope;
import io.distsync.time.VirtualTime;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/**
 * Whatever the live feed does to the changes, and whatever becomes of the history meanwhile: what a listener is told
 * never has a gap or a duplicate that no reset announced, and once the feed is quiet it ends where the store is. The
 * seed of a failed try is in the report of the property.
 */
class FollowerPropertiesTest {

    private static final List<String> KEYS = List.of("a", "b", "c", "d", "e", "f", "g");
    private static final Set<String> KEYS_FOLLOWED = Set.of("a", "b", "c");

    @Property(tries = 500)
    void entries(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int pageSize) {
        Chaos chaos = new Chaos(seed, pageSize, Scope.entries(), new ChainListener(false));
        chaos.run();
        assertThat(chaos.listener.replica).isEqualTo(chaos.topic.versions());
    }

    @Property(tries = 500)
    void log(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int pageSize) {
        ChainListener listener = new ChainListener(true);
        Chaos chaos = new Chaos(seed, pageSize, Scope.log(), listener);
        chaos.run();
        assertThat(listener.position).isEqualTo(chaos.topic.head());
        assertThat(listener.sinceReset)
                .isEqualTo(
                        chaos.topic.log().subList(chaos.topic.size() - listener.sinceReset.size(), chaos.topic.size()));
    }

    @Property(tries = 500)
    void keys(@ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int pageSize) {
        Chaos chaos = new Chaos(seed, pageSize, Scope.keys(KEYS_FOLLOWED), new KeyListener(KEYS_FOLLOWED));
        chaos.run();
        Map<String, Version> expected = new TreeMap<>(chaos.topic.versions());
        expected.keySet().retainAll(KEYS_FOLLOWED);
        assertThat(chaos.listener.replica).isEqualTo(expected);
    }

    /** What is told must chain from the last reset, snapshot or beginning. */
    private static class ChainListener extends RecordingListener {

        private final boolean logOnly;
        private final List<Change> sinceReset = new ArrayList<>();
        private Version position = Version.ABSENT;
        private boolean snapshotGoesOn;

        private ChainListener(boolean logOnly) {
            this.logOnly = logOnly;
        }

        @Override
        void beginAt(Version start, Map<String, Version> versions) {
            position = start;
            super.beginAt(start, versions);
        }

        @Override
        public void onSnapshot(Page page) {
            assertThat(logOnly).isFalse();
            if (!snapshotGoesOn) {
                position = page.head();
            }
            snapshotGoesOn = page.more();
            super.onSnapshot(page);
        }

        @Override
        public void onChanges(List<Change> commit) {
            assertThat(snapshotGoesOn).isFalse();
            assertThat(commit).hasSize(commit.get(0).count());
            for (int i = 0; i < commit.size(); i++) {
                assertThat(commit.get(i).index()).isEqualTo(i);
                assertThat(Links.continues(position, commit.get(i)))
                        .as("%s continues %s", commit.get(i), position)
                        .isTrue();
                position = commit.get(i).version();
            }
            sinceReset.addAll(commit);
            super.onChanges(commit);
        }

        @Override
        public void onReset(Version from, Version to) {
            assertThat(from).isEqualTo(position);
            position = to;
            snapshotGoesOn = false;
            sinceReset.clear();
            super.onReset(from, to);
        }
    }

    /** What is told is newer than all that was told before, and names what was told of its key before as the version it had. */
    private static final class KeyListener extends RecordingListener {

        private final Set<String> keys;
        private Version last = Version.ABSENT;
        private final Map<String, Version> newest = new HashMap<>();
        private final Map<String, Version> current = new HashMap<>();

        private KeyListener(Set<String> keys) {
            this.keys = keys;
        }

        @Override
        void beginAt(Version start, Map<String, Version> versions) {
            last = start;
            current.putAll(versions);
            current.keySet().retainAll(keys);
            super.beginAt(start, current);
        }

        @Override
        public void onSnapshot(Page page) {
            current.clear();
            newest.clear();
            last = page.head();
            keys.forEach(key -> newest.put(key, page.head()));
            page.entries().forEach(entry -> {
                newest.put(entry.key(), entry.version());
                current.put(entry.key(), entry.version());
            });
            super.onSnapshot(page);
        }

        @Override
        public void onChanges(List<Change> commit) {
            for (Change change : commit) {
                assertThat(change.version().isNewerThan(last))
                        .as("%s is newer than %s, which was told before", change, last)
                        .isTrue();
                last = change.version();
                assertThat(change.version().isNewerThan(newest.getOrDefault(change.key(), Version.ABSENT)))
                        .as("%s is newer than what was told", change)
                        .isTrue();
                assertThat(change.previous()).isEqualTo(current.getOrDefault(change.key(), Version.ABSENT));
                newest.put(change.key(), change.version());
                if (change.isTombstone()) {
                    current.remove(change.key());
                } else {
                    current.put(change.key(), change.version());
                }
            }
            super.onChanges(commit);
        }
    }

    /** A store and a network in which everything goes wrong that can, as a seed has it. */
    private static final class Chaos {

        private final Random random;
        private final ScriptedTopic topic = new ScriptedTopic();
        private final VirtualTime time = new VirtualTime();
        private final List<Runnable> network = new ArrayList<>();
        private final RecordingListener listener;
        private final Scope scope;
        private final Follower follower;
        private @Nullable AssertionError failure;
        private Version fed = Version.ABSENT;

        private Chaos(long seed, int pageSize, Scope scope, RecordingListener listener) {
            this.random = new Random(seed);
            this.listener = listener;
            this.scope = scope;
            this.follower =
                    new Follower("t", begin(), scope, new Watching(), topic::read, topic::history, time, pageSize);
        }

        /** Nothing, or a position that was right at some time. */
        private Version begin() {
            times(random.nextInt(10), this::commit);
            Version start = random.nextInt(3) == 0 ? topic.head() : Version.ABSENT;
            if (!start.isAbsent()) {
                listener.beginAt(start, topic.versions());
            }
            times(random.nextInt(10), this::commit);
            sometimes(() -> topic.rewindTo(random.nextInt(topic.size() + 1)));
            sometimes(() -> topic.trimTo(random.nextInt(12)));
            network.clear();
            return start;
        }

        private void run() {
            topic.holdReads();
            if (random.nextBoolean()) {
                follower.connected();
            }
            follower.start();
            times(random.nextInt(300), this::step);
            quieten();
            if (failure != null) {
                throw failure;
            }
            assertThat(listener.state()).isEqualTo(FeedState.CURRENT);
        }

        private void step() {
            switch (random.nextInt(20)) {
                case 0, 1, 2, 3, 4 -> commit();
                case 5, 6, 7, 8 -> arrive(random.nextInt(3)); // nearly in order
                case 9 -> arrive(random.nextInt(Math.max(1, network.size())));
                case 10 -> lose();
                case 11, 12, 13 -> answer();
                case 14 -> sometimes(this::fail);
                case 15 -> sometimes(() -> topic.rewindTo(Math.max(0, topic.size() - random.nextInt(8))));
                case 16 -> sometimes(topic::openEpoch);
                case 17 -> sometimes(() -> topic.trimTo(random.nextInt(12)));
                case 18 -> checkHead();
                default -> sometimes(this::reconnect);
            }
        }

        private void commit() {
            String[] mutations = new String[1 + random.nextInt(3)];
            for (int i = 0; i < mutations.length; i++) {
                String key = KEYS.get(random.nextInt(KEYS.size()));
                mutations[i] = (random.nextInt(4) == 0 && topic.versions().containsKey(key) ? "-" : "") + key;
            }
            List<Change> commit = topic.commit(mutations);
            if (scope instanceof Scope.Keys || random.nextInt(3) > 0) {
                send(commit);
            } else {
                commit.forEach(change -> send(List.of(change)));
            }
        }

        private void send(List<Change> changes) {
            times(random.nextInt(8) == 0 ? 2 : 1, () -> network.add(() -> feed(changes)));
        }

        /** As the audience of a feed does. */
        private void feed(List<Change> changes) {
            if (!(scope instanceof Scope.Keys)) {
                follower.live(changes);
            } else if (changes.get(0).previousLink() != fed.link()) {
                follower.liveAfterGap(changes);
            } else if (changes.stream().anyMatch(change -> KEYS_FOLLOWED.contains(change.key()))) {
                follower.live(changes);
            }
            Version end = changes.get(changes.size() - 1).version();
            fed = end.isNewerThan(fed) ? end : fed;
        }

        private void checkHead() {
            Version head = topic.head();
            network.add(() -> follower.head(head));
        }

        private void arrive(int index) {
            if (index < network.size()) {
                network.remove(index).run();
            }
        }

        private void lose() {
            if (!network.isEmpty()) {
                network.remove(random.nextInt(network.size()));
            }
        }

        private void answer() {
            if (topic.pendingReads() == 0) {
                time.advance(Duration.ofSeconds(random.nextInt(3)));
            } else if (random.nextInt(3) == 0) {
                topic.evaluateNext();
            } else {
                topic.answerNext();
            }
        }

        private void fail() {
            if (topic.pendingReads() > 0) {
                topic.failNext();
            }
        }

        private void reconnect() {
            follower.disconnected();
            times(random.nextInt(4), this::commit);
            times(random.nextInt(4), this::lose);
            follower.connected();
        }

        /** The feed is whole from now on, and a last check of the head says where the store is. */
        private void quieten() {
            while (!network.isEmpty()) {
                arrive(random.nextInt(network.size()));
            }
            follower.connected();
            follower.head(topic.head());
            topic.answerReadsAtOnce();
            for (int i = 0; i < 1_000 && (topic.pendingReads() > 0 || time.pendingTasks() > 0); i++) {
                if (topic.pendingReads() > 0) {
                    topic.answerNext();
                } else {
                    time.advanceToNextTask();
                }
            }
            follower.close();
        }

        private void sometimes(Runnable action) {
            if (random.nextInt(3) == 0) {
                action.run();
            }
        }

        private static void times(int count, Runnable action) {
            for (int i = 0; i < count; i++) {
                action.run();
            }
        }

        /** A follower swallows what a listener throws, so the first failed assertion is kept for the end. */
        private final class Watching implements io.distsync.backend.ChangeListener {

            @Override
            public void onSnapshot(Page page) {
                keep(() -> listener.onSnapshot(page));
            }

            @Override
            public void onChanges(List<Change> changes) {
                keep(() -> listener.onChanges(changes));
            }

            @Override
            public void onReset(Version from, Version to) {
                keep(() -> listener.onReset(from, to));
            }

            @Override
            public void onState(FeedState state) {
                keep(() -> listener.onState(state));
            }

            private void keep(Runnable call) {
                try {
                    call.run();
                } catch (AssertionError e) {
                    failure = failure == null ? e : failure;
                }
            }
        }
    }
}
