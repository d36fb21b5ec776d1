package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.distsync.Versioned;
import io.distsync.election.ElectionRule.Await;
import io.distsync.election.ElectionRule.Campaign;
import io.distsync.election.ElectionRule.End;
import io.distsync.election.ElectionRule.Join;
import io.distsync.election.ElectionRule.Leave;
import io.distsync.election.ElectionRule.Rest;
import io.distsync.election.ElectionRule.Self;
import io.distsync.election.ElectionRule.Vacate;
import io.distsync.election.Succession.Place;
import io.distsync.version.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ElectionRuleTest {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private static Version version(long revision) {
        return new Version(1, revision, revision * 31);
    }

    private static Place place(String id, long revision, int priority) {
        return place(id, revision, priority, -1, 0);
    }

    private static Place place(String id, long revision, int priority, long failBackMillis, long seenAt) {
        return new Place(version(revision), new Member(id, "", priority, failBackMillis, 0), seenAt);
    }

    private static Succession succession(@Nullable Place leader, Place... line) {
        return new Succession(version(100), leader, List.of(line));
    }

    private static Self waiting(String id, @Nullable Long seat) {
        return new Self(id, 0, null, seat == null ? null : version(seat), null);
    }

    private static Self leading(String id, int priority, long term) {
        return new Self(id, priority, null, null, version(term));
    }

    private static Self unwilling(String id, @Nullable Long term) {
        return new Self(id, 0, RevocationReason.UNHEALTHY, null, term == null ? null : version(term));
    }

    // --- waiting ----------------------------------------------------------------------------------------------------

    @Test
    void joinsWhatItIsNotIn() {
        assertThat(ElectionRule.next(waiting("a", null), Succession.EMPTY, 0)).isEqualTo(new Join());
        assertThat(ElectionRule.next(waiting("a", 3L), succession(null), 0))
                .as("its entry has gone")
                .isEqualTo(new Join());
        assertThat(ElectionRule.next(waiting("a", 3L), succession(null, place("a", 4, 0)), 0))
                .as("an entry it has no lease of")
                .isEqualTo(new Join());
    }

    @Test
    void onlyTheFirstCampaignsAndOnlyWithoutALeader() {
        Place a = place("a", 1, 0);
        Place b = place("b", 2, 0);
        Place high = place("high", 9, 5);
        assertThat(ElectionRule.next(waiting("a", 1L), succession(null, a, b), 0))
                .isEqualTo(new Campaign(version(1)));
        assertThat(ElectionRule.next(waiting("b", 2L), succession(null, a, b), 0))
                .isEqualTo(new Rest(null));
        assertThat(ElectionRule.next(waiting("a", 1L), succession(null, a, b, high), 0))
                .isEqualTo(new Rest(null));
        assertThat(ElectionRule.next(waiting("high", 9L), succession(null, a, b, high), 0))
                .isEqualTo(new Campaign(version(9)));
        assertThat(ElectionRule.next(waiting("a", 1L), succession(place("c", 3, 0), a), 0))
                .isEqualTo(new Rest(null));
    }

    @Test
    void extremePrioritiesAreOrdered() {
        Succession line = succession(null, place("least", 1, Integer.MIN_VALUE), place("most", 2, Integer.MAX_VALUE));
        assertThat(line.line()).extracting(place -> place.member().id()).containsExactly("most", "least");
    }

    @Test
    void termThatIsHeldByNobodyIsGivenBack() {
        Place mine = place("a", 7, 0);
        assertThat(ElectionRule.next(waiting("a", null), succession(mine), 0)).isEqualTo(new Vacate(version(7), true));
        assertThat(ElectionRule.next(unwilling("a", null), succession(mine), 0))
                .isEqualTo(new Vacate(version(7), false));
    }

    @Test
    void whoDoesNotWantToLeadLeaves() {
        assertThat(ElectionRule.next(unwilling("a", null), succession(null, place("a", 1, 0)), 0))
                .isEqualTo(new Leave(version(1)));
        assertThat(ElectionRule.next(unwilling("a", null), succession(null), 0)).isEqualTo(new Rest(null));
    }

    @Test
    void nothingIsDecidedOnWhatIsOld() {
        assertThat(ElectionRule.next(waiting("a", 1L), null, 0)).isEqualTo(new Await());
        assertThat(ElectionRule.next(leading("a", 0, 1), null, 0)).isEqualTo(new Await());
        assertThat(ElectionRule.next(unwilling("a", 1L), null, 0))
                .as("which needs no look")
                .isEqualTo(new End(RevocationReason.UNHEALTHY));
    }

    // --- leading ----------------------------------------------------------------------------------------------------

    @Test
    void leaderRestsWhileItsEntryIsThere() {
        assertThat(ElectionRule.next(leading("a", 0, 7), succession(place("a", 7, 0), place("b", 3, 0)), 0))
                .isEqualTo(new Rest(null));
        assertThat(ElectionRule.next(leading("a", 0, 7), succession(null), 0))
                .isEqualTo(new End(RevocationReason.GONE));
        assertThat(ElectionRule.next(leading("a", 0, 7), succession(place("b", 8, 0)), 0))
                .isEqualTo(new End(RevocationReason.GONE));
    }

    @Test
    void leaderGivesWayToWhoAskedForItAndHasWaited() {
        Place leader = place("a", 7, 1);
        Place asked = place("b", 9, 2, 3_000, 10 * SECOND);
        assertThat(ElectionRule.next(leading("a", 1, 7), succession(leader, asked), 11 * SECOND))
                .isEqualTo(new Rest(2 * SECOND));
        assertThat(ElectionRule.next(leading("a", 1, 7), succession(leader, asked), 13 * SECOND))
                .isEqualTo(new End(RevocationReason.FAIL_BACK));
        assertThat(ElectionRule.next(leading("a", 1, 7), succession(leader, place("b", 9, 2)), 13 * SECOND))
                .as("who did not ask")
                .isEqualTo(new Rest(null));
        assertThat(ElectionRule.next(leading("a", 2, 7), succession(leader, asked), 13 * SECOND))
                .as("an equal")
                .isEqualTo(new Rest(null));
    }

    @Test
    void successionRemembersWhenAPlaceWasSeenFirst() {
        Succession first = Succession.of(version(1), Map.of("candidate/a", stored("a", 1)), Succession.EMPTY, 10);
        Succession later = Succession.of(
                version(2), Map.of("candidate/a", stored("a", 1), "candidate/b", stored("b", 2)), first, 20);
        assertThat(later.line()).extracting(Place::seenAt).containsExactly(10L, 20L);
        Succession again = Succession.of(version(3), Map.of("candidate/a", stored("a", 3)), later, 30);
        assertThat(again.line()).extracting(Place::seenAt).containsExactly(30L);
    }

    private static Versioned<Member> stored(String id, long revision) {
        return new Versioned<>(new Member(id, "", 0, -1, 0), version(revision), true);
    }

    // --- many of them, against a store ------------------------------------------------------------------------------

    /**
     * Candidates that do what the rule says on views of any age, with leases that end and minds that change: never two terms at
     * once, tokens grow, and once everything is quiet one of the willing leads and the others wait.
     */
    @Property(tries = 500)
    void manyCandidates(
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 0, max = 2) Integer> priorities,
            @ForAll @Size(max = 120) List<@IntRange(min = 0, max = 999) Integer> events) {
        Play play = new Play(priorities);
        events.forEach(play::event);
        play.quiet();
    }

    private static final class Play {

        private final Map<String, Versioned<Member>> store = new TreeMap<>();
        private final List<Node> nodes = new ArrayList<>();
        private long revision;
        private long now;
        private Version lastTerm = Version.ABSENT;
        private int writes;

        private final class Node {

            private final String id;
            private final int priority;
            private Succession view = Succession.EMPTY;
            private Version floor = Version.ABSENT;
            private @Nullable Version seat;
            private @Nullable Version term;
            private @Nullable RevocationReason against;

            Node(String id, int priority) {
                this.id = id;
                this.priority = priority;
            }

            void look() {
                view = Succession.of(version(revision), Map.copyOf(store), view, now);
            }

            boolean step() {
                Self self = new Self(id, priority, against, seat, term);
                ElectionRule.Step step = ElectionRule.next(self, floor.isNewerThan(view.head()) ? null : view, now);
                if (step instanceof Rest || step instanceof Await) {
                    return false;
                }
                if (step instanceof End) {
                    term = null; // and is told at once
                    return true;
                }
                writes++;
                write(step);
                floor = version(revision);
                return true;
            }

            private void write(ElectionRule.Step step) {
                String key = Succession.key(id);
                if (step instanceof Join) {
                    seat = put(key);
                } else if (step instanceof Leave leave) {
                    seat = null;
                    delete(key, leave.place());
                } else if (step instanceof Vacate vacate) {
                    if (delete(Succession.LEADER, vacate.term()) && vacate.join()) {
                        seat = put(key);
                    }
                } else if (step instanceof Campaign campaign
                        && !store.containsKey(Succession.LEADER)
                        && delete(key, campaign.place())) {
                    seat = null;
                    term = put(Succession.LEADER);
                    assertThat(term.isNewerThan(lastTerm)).as("tokens grow").isTrue();
                    lastTerm = term;
                }
            }

            private Version put(String key) {
                Version written = version(++revision);
                store.put(key, new Versioned<>(new Member(id, "", priority, -1, 0), written, true));
                return written;
            }
        }

        Play(List<Integer> priorities) {
            for (int i = 0; i < priorities.size(); i++) {
                nodes.add(new Node("n" + i, priorities.get(i)));
            }
        }

        private boolean delete(String key, Version expected) {
            Versioned<Member> there = store.get(key);
            if (there == null || !there.version().equals(expected)) {
                return false;
            }
            store.remove(key);
            revision++;
            return true;
        }

        void event(int number) {
            now++;
            Node node = nodes.get(number % nodes.size());
            switch (number / 7 % 7) {
                case 0, 1 -> node.look();
                case 2, 3 -> node.step();
                case 4 -> node.against = node.against == null ? RevocationReason.UNHEALTHY : null;
                case 5 -> expire(node);
                default -> node.term = null; // lost by its own clock; the store has it still
            }
            check();
        }

        /** The store's lease is over, so by the rule of leases the node's was before. */
        private void expire(Node node) {
            for (String key : Arrays.asList(Succession.key(node.id), Succession.LEADER)) {
                Versioned<Member> there = store.get(key);
                if (there != null && there.value().id().equals(node.id)) {
                    node.seat = null;
                    node.term = null;
                    delete(key, there.version());
                }
            }
        }

        private void check() {
            assertThat(nodes.stream().filter(node -> node.term != null)).hasSizeLessThanOrEqualTo(1);
        }

        void quiet() {
            writes = 0;
            boolean busy = true;
            while (busy) {
                busy = false;
                for (Node node : nodes) {
                    node.look();
                    busy |= node.step();
                    check();
                }
                assertThat(writes).as("each settles with a few writes").isLessThanOrEqualTo(4 * nodes.size());
            }
            List<Node> willing =
                    nodes.stream().filter(node -> node.against == null).toList();
            assertThat(willing.stream().filter(node -> node.term != null)).hasSize(Math.min(1, willing.size()));
            assertThat(store).hasSize(willing.size());
        }
    }
}
