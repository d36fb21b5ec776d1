package io.distsync.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.RecipeConformance;
import io.distsync.RecipeNodes;
import io.distsync.ServiceFixture.Capability;
import io.distsync.SyncMap;
import io.distsync.Topic;
import io.distsync.backend.Selection;
import io.distsync.backend.Subscription;
import io.distsync.error.ServiceClosedException;
import io.distsync.lease.FencingToken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@link SyncElections} promises, on every backend. */
public abstract class ElectionConformance extends RecipeConformance {

    private static final Duration LEASE = Duration.ofSeconds(6);
    private static final Duration SHORT = Duration.ofSeconds(1);

    private static final class Node extends RecipeNodes.Node {

        private final SyncElections elections;

        Node(RecipeNodes nodes) {
            super(nodes);
            elections = SyncElections.builder(service())
                    .owner(name())
                    .prefix("election:" + nodes.unique(""))
                    .time(time())
                    .build();
        }

        SyncElections elections() {
            return elections;
        }

        @Override
        protected void closeRecipe() {
            elections.close();
        }
    }

    /** A candidate with what it was told. */
    private record Standing(Candidacy candidacy, RecordingListener told) {

        LeaderTerm term(int number) {
            return told.term(number);
        }

        RevocationReason reason(int number) {
            return told.reason(number);
        }

        List<RevocationReason> reasons() {
            return told.reasons();
        }

        boolean isLeader() {
            return candidacy.isLeader();
        }

        void resign() {
            candidacy.resign();
        }

        void close() {
            candidacy.close();
        }
    }

    private static CandidateOptions options() {
        return CandidateOptions.defaults().withLease(LEASE);
    }

    /** Joins, and waits until the store knows. */
    private Standing join(Node node, CandidateOptions options) {
        return join(node, options, new RecordingListener());
    }

    private Standing join(Node node, CandidateOptions options, RecordingListener listener) {
        int before = members(node);
        Candidacy candidacy = node.elections().join("x", options, listener);
        eventually().until(() -> members(node) == before + 1);
        return new Standing(candidacy, listener);
    }

    private static void assertLeads(Standing standing, int number) {
        LeaderTerm term = standing.term(number);
        assertThat(term.isValid()).isTrue();
        assertThat(term.remaining()).isPositive();
        assertThat(standing.isLeader()).isTrue();
        assertThat(standing.candidacy().term()).contains(term);
    }

    private static void assertNeverLed(Standing standing) {
        assertThat(standing.told().terms()).isEmpty();
        assertThat(standing.isLeader()).isFalse();
        assertThat(standing.candidacy().term()).isEmpty();
    }

    // --- terms ------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("E1: of many candidates one leads, and the others wait")
    void oneLeads() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        List<Standing> all = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            RecordingListener listener = new RecordingListener();
            all.add(new Standing(both[i % 2].elections().join("x", options(), listener), listener));
        }
        eventually().until(() -> members(both[0]) == 6 && leaders(all) == 1);
        assertThat(all.stream().mapToInt(each -> each.told().terms().size()).sum())
                .isEqualTo(1);
    }

    private static long leaders(List<Standing> all) {
        return all.stream().filter(Standing::isLeader).count();
    }

    @Test
    @DisplayName("E1: leaders that resign one after another never overlap")
    void neverTwo() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        List<FencingToken> tokens = new CopyOnWriteArrayList<>();
        List<Candidacy> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            CompletableFuture<Candidacy> own = new CompletableFuture<>();
            own.complete(both[i % 2].elections().join("x", options(), new RecordingListener() {
                @Override
                public void elected(LeaderTerm term) throws Exception {
                    super.elected(term);
                    overlaps.addAndGet(inside.getAndIncrement());
                    tokens.add(term.token());
                    own.get().resign();
                }

                @Override
                public void revoked(LeaderTerm term, RevocationReason reason) throws Exception {
                    inside.decrementAndGet();
                    super.revoked(term, reason);
                }
            }));
            all.add(own.join());
        }
        eventually().until(() -> tokens.size() >= 20);
        all.forEach(Candidacy::close);
        assertThat(overlaps).hasValue(0);
        assertThat(tokens).isSorted().doesNotHaveDuplicates();
        assertThat(inside).hasValue(0);
    }

    @Test
    @DisplayName("E2: each term is told once, with a larger token than any before, over deletion and loss")
    void tokenGrows() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing first = join(a, options());
        List<FencingToken> tokens = new ArrayList<>();
        tokens.add(first.term(1).token());
        first.resign();
        tokens.add(first.term(2).token());
        clear(b);
        tokens.add(first.term(3).token());
        Standing second = join(b, options());
        first.close();
        tokens.add(second.term(1).token());
        assertThat(tokens).isSorted().doesNotHaveDuplicates();
        assertThat(tokens.stream().map(FencingToken::toString)).isSorted();
        assertThat(first.reasons())
                .containsExactly(RevocationReason.RESIGNED, RevocationReason.GONE, RevocationReason.CLOSED);
        assertThat(second.told().terms()).hasSize(1);
    }

    // --- callbacks --------------------------------------------------------------------------------------------------

    /** Stays in its callbacks until it is let go. */
    private static final class Slow extends RecordingListener {

        private final CountDownLatch endOfElected = new CountDownLatch(1);
        private final CountDownLatch endOfRevoked = new CountDownLatch(1);
        private final CountDownLatch inRevoked = new CountDownLatch(1);
        private final CompletableFuture<LeaderTerm> begun = new CompletableFuture<>();

        @Override
        public void elected(LeaderTerm term) throws Exception {
            begun.complete(term);
            boolean unused = endOfElected.await(30, TimeUnit.SECONDS);
            super.elected(term);
        }

        @Override
        public void revoked(LeaderTerm term, RevocationReason reason) throws Exception {
            inRevoked.countDown();
            boolean unused = endOfRevoked.await(30, TimeUnit.SECONDS);
            super.revoked(term, reason);
        }
    }

    @Test
    @DisplayName("E3: a slow elected learns from its term that it is over, and revoked waits for it")
    void slowElected() throws Exception {
        Node a = new Node(nodes);
        Slow slow = new Slow();
        Standing standing = join(a, options(), slow);
        LeaderTerm term = slow.begun.get(20, TimeUnit.SECONDS);
        assertThat(term.isValid()).isTrue();
        List<RevocationReason> lost = new CopyOnWriteArrayList<>();
        term.onLost(lost::add);
        standing.resign();
        eventually().untilAsserted(() -> assertThat(lost).containsExactly(RevocationReason.RESIGNED));
        assertThat(term.isValid()).isFalse();
        assertThat(term.remaining()).isZero();
        assertThat(standing.isLeader()).isFalse();
        assertThat(slow.inRevoked.getCount()).isEqualTo(1);
        slow.endOfElected.countDown();
        slow.endOfRevoked.countDown();
        assertThat(slow.reason(1)).isEqualTo(RevocationReason.RESIGNED);
        assertThat(slow.term(2).token()).isGreaterThan(term.token());
        List<RevocationReason> later = new CopyOnWriteArrayList<>();
        term.onLost(later::add);
        eventually().untilAsserted(() -> assertThat(later).containsExactly(RevocationReason.RESIGNED));
        assertThat(lost).hasSize(1);
    }

    @Test
    @DisplayName("E3: who gives way by choice is followed only when revoked has returned")
    void slowRevoked() throws Exception {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Slow slow = new Slow();
        slow.endOfElected.countDown();
        Standing first = join(a, options(), slow);
        slow.term(1);
        Standing second = join(b, options());
        first.resign();
        assertThat(slow.inRevoked.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(leader(b)).as("the entry of the first").isPresent();
        assertNeverLed(second);
        slow.endOfRevoked.countDown();
        assertLeads(second, 1);
        assertThat(slow.reason(1)).isEqualTo(RevocationReason.RESIGNED);
    }

    @Test
    @DisplayName("E3: a revoked that does not return keeps this node from leading, and others only for the lease")
    void revokedThatDoesNotReturn() throws Exception {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Slow slow = new Slow();
        slow.endOfElected.countDown();
        Standing first = join(a, options().withPriority(1), slow);
        slow.term(1);
        Standing second = join(b, options());
        first.resign();
        assertThat(slow.inRevoked.await(20, TimeUnit.SECONDS)).isTrue();
        nodes.advance(LEASE);
        assertLeads(second, 1);
        assertThat(slow.terms()).hasSize(1);
        slow.endOfRevoked.countDown();
        second.close();
        assertLeads(first, 2);
    }

    @Test
    @DisplayName("E4: an elected that throws ends the term, and another candidate is elected")
    void electedThrows() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        RecordingListener throwing = new RecordingListener() {
            @Override
            public void elected(LeaderTerm term) throws Exception {
                super.elected(term);
                throw new IllegalStateException("by the listener");
            }
        };
        Candidacy failing = a.elections().join("x", options().withPriority(1), throwing);
        throwing.term(1);
        RecordingListener told = new RecordingListener();
        Standing other = new Standing(b.elections().join("x", options(), told), told);
        assertThat(throwing.reason(1)).isEqualTo(RevocationReason.FAILED);
        assertLeads(other, 1);
        assertThat(failing.isLeader()).isFalse();
    }

    @Test
    @DisplayName("E4: an elected that threw is tried again after the time of a lease")
    void electedThrowsOnce() {
        Node a = new Node(nodes);
        RecordingListener throwing = new RecordingListener() {
            @Override
            public void elected(LeaderTerm term) throws Exception {
                super.elected(term);
                if (terms().size() == 1) {
                    throw new Exception("by the listener");
                }
            }
        };
        Standing standing = new Standing(a.elections().join("x", options().withLease(SHORT), throwing), throwing);
        assertThat(throwing.reason(1)).isEqualTo(RevocationReason.FAILED);
        assertLeads(standing, 2);
    }

    @Test
    @DisplayName("E4: a revoked that throws changes nothing")
    void revokedThrows() {
        Node a = new Node(nodes);
        Standing standing = join(a, options(), new RecordingListener() {
            @Override
            public void revoked(LeaderTerm term, RevocationReason reason) throws Exception {
                super.revoked(term, reason);
                throw new AssertionError("by the listener");
            }
        });
        standing.term(1);
        standing.resign();
        assertLeads(standing, 2);
    }

    // --- the way out ------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("E5: who resigns becomes the last of its equals")
    void resign() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing first = join(a, options());
        first.term(1);
        Standing second = join(b, options());
        Standing third = join(a, options());
        first.resign();
        assertLeads(second, 1);
        assertNeverLed(third);
        second.resign();
        assertLeads(third, 1);
        third.resign();
        assertLeads(first, 2);
        second.resign();
        assertLeads(first, 2);
    }

    @Test
    @DisplayName("E5: with the last candidate the leader goes, and nothing is left in the store")
    void lastLeaves() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing first = join(a, options());
        Standing second = join(b, options());
        first.term(1);
        second.close();
        assertLeads(first, 1);
        assertThat(members(a)).isEqualTo(1);
        first.close();
        assertThat(members(a)).isZero();
        assertThat(first.reason(1)).isEqualTo(RevocationReason.CLOSED);
        first.close();
        assertNeverLed(second);
    }

    @Test
    @DisplayName("E6: closing ends the term and leads to the next one at once; nobody joins any more")
    void closing() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing first = join(a, options());
        first.term(1);
        Standing waiting = join(a, options());
        Standing second = join(b, options());
        long begin = System.nanoTime();
        a.elections().close();
        assertThat(first.reasons()).containsExactly(RevocationReason.CLOSED);
        assertLeads(second, 1);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(LEASE.dividedBy(2));
        assertNeverLed(waiting);
        assertThat(members(b)).isEqualTo(1);
        assertThatThrownBy(() -> a.elections().join("x", new RecordingListener()))
                .isInstanceOf(ServiceClosedException.class)
                .hasMessageContaining("'x'");
        assertThatThrownBy(() -> a.elections().observe("x")).isInstanceOf(ServiceClosedException.class);
    }

    @Test
    @DisplayName("E6: a candidacy may be closed in its own callback")
    void closedInCallback() {
        Node a = new Node(nodes);
        CompletableFuture<Candidacy> own = new CompletableFuture<>();
        RecordingListener listener = new RecordingListener() {
            @Override
            public void elected(LeaderTerm term) throws Exception {
                super.elected(term);
                own.get().close();
                assertThat(term.isValid()).isFalse();
            }
        };
        own.complete(a.elections().join("x", options(), listener));
        assertThat(listener.reason(1)).isEqualTo(RevocationReason.CLOSED);
        eventually().until(() -> members(a) == 0);
    }

    // --- leases -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "E7: a leader that was paused beyond its lease knows before it writes, and the store refuses its token")
    void pausedLeader() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Topic<String> guarded = Topic.of("guarded:" + nodes.unique("g"), String.class);
        Standing first = join(a, options());
        LeaderTerm old = first.term(1);
        Standing second = join(b, options().withLease(LEASE.multipliedBy(2))); // so its place stays
        SyncMap<String> byA = a.service().map(guarded);
        SyncMap<String> byB = b.service().map(guarded);
        assertThat(write(byA, old, "a")).isTrue();

        a.wakeAfter(LEASE);
        nodes.advance(LEASE);
        assertThat(old.isValid()).isFalse();
        assertThat(old.remaining()).isZero();
        assertThat(first.isLeader()).isFalse();
        LeaderTerm now = second.term(1);
        assertThat(write(byB, now, "b")).isTrue();

        assertThat(write(byA, old, "late")).as("a write with the old token").isFalse();
        assertThat(first.reason(1)).isEqualTo(RevocationReason.EXPIRED);
        assertThat(now.isValid()).isTrue();
        assertThat(byB.get("")).get().extracting("value").isEqualTo("b");
        eventually().until(() -> members(b) == 2);
        second.close();
        assertLeads(first, 2);
        assertThat(first.reasons()).hasSize(1);
    }

    private static boolean write(SyncMap<String> map, LeaderTerm term, String text) {
        return map.commit(commit ->
                        commit.fence(term.election(), term.token().version()).put("", text))
                .isCommitted();
    }

    @Test
    @DisplayName("E7: a leader that is isolated stops itself, and joins again when it is not")
    void isolated() {
        nodes.require(Capability.CONNECTION, Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing first = join(a, options().withLease(SHORT));
        LeaderTerm old = first.term(1);
        Standing second = join(b, options().withLease(SHORT));
        a.cut();
        assertThat(first.reason(1)).isEqualTo(RevocationReason.EXPIRED);
        assertThat(old.isValid()).isFalse();
        assertThat(second.told().terms()).isEmpty();
        nodes.advance(SHORT);
        assertThat(second.term(1).token()).isGreaterThan(old.token());
        a.heal();
        eventually().until(() -> members(b) == 2);
        second.close();
        assertThat(first.term(2).token()).isGreaterThan(second.term(1).token());
        assertThat(first.reasons()).hasSize(1);
    }

    @Test
    @DisplayName("E8: a term is renewed for as long as it lasts, and so are the places of those who wait")
    void renewal() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Duration lease = Duration.ofMillis(1_500);
        Standing first = join(a, options().withLease(lease));
        LeaderTerm term = first.term(1);
        Standing second = join(b, options().withLease(lease));
        long head = revision(a);
        for (int i = 0; i < 4; i++) {
            awaitRenewal(term::remaining);
            awaitRenewal(term::remaining);
            nodes.advance(Duration.ofMillis(500));
        }
        assertThat(revision(a)).as("nothing was written").isEqualTo(head);
        assertThat(term.isValid()).isTrue();
        assertNeverLed(second);
    }

    @Test
    @DisplayName("E8: a store that is away for less than the lease costs nothing")
    void shortOutage() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        Standing first = join(a, options().withLease(Duration.ofSeconds(3)));
        LeaderTerm term = first.term(1);
        a.cut();
        eventually().until(() -> term.remaining().toMillis() < 1_500);
        a.heal();
        eventually().until(() -> term.remaining().toMillis() > 2_000);
        assertLeads(first, 1);
        assertThat(first.reasons()).isEmpty();
    }

    @Test
    @DisplayName(
            "E8: a store that is away for longer than the lease: revoked once, and elected again with another term")
    void longOutage() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        Standing first = join(a, options().withLease(SHORT));
        LeaderTerm old = first.term(1);
        a.cut();
        assertThat(first.reason(1)).isEqualTo(RevocationReason.EXPIRED);
        a.heal();
        assertThat(first.term(2).token()).isGreaterThan(old.token());
        assertThat(old.isValid()).isFalse();
        assertThat(first.reasons()).hasSize(1);
    }

    @Test
    @DisplayName("E9: what the store has lost is lost, told once, and somebody is elected again")
    void lostByTheStore() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing first = join(a, options());
        first.term(1);
        Standing second = join(b, options());
        clear(b);
        assertThat(first.reason(1)).isEqualTo(RevocationReason.GONE);
        eventually().until(() -> leaders(List.of(first, second)) == 1 && members(a) == 2);
        assertThat(first.reasons()).hasSize(1);
    }

    @Test
    @DisplayName("E9: a candidate whose place is lost joins again")
    void placeIsLost() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing first = join(a, options());
        first.term(1);
        Standing second = join(b, options());
        String place = stored(a)
                .read(Selection.first(Succession.LINE, 1))
                .entries()
                .get(0)
                .key();
        stored(a).remove(place);
        eventually().until(() -> members(a) == 2);
        first.close();
        assertLeads(second, 1);
    }

    // --- priorities and health --------------------------------------------------------------------------------------

    @Test
    @DisplayName("E10: the highest priority is elected, whoever came first")
    void failOver() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing primary = join(a, options().withPriority(10));
        primary.term(1);
        Standing low = join(b, options().withPriority(-1));
        Standing second = join(b, options().withPriority(5));
        Standing same = join(a, options().withPriority(5));
        primary.close();
        assertLeads(second, 1);
        second.close();
        assertLeads(same, 1);
        same.close();
        assertLeads(low, 1);
    }

    @Test
    @DisplayName("E10: who does not ask for it waits, though its priority is higher")
    void noFailBack() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing backup = join(a, options());
        backup.term(1);
        Standing primary = join(b, options().withPriority(1));
        Standing equal = join(b, options().withFailBack(Duration.ZERO));
        long head = revision(a);
        Candidacy other = a.elections().join("y", options(), new RecordingListener());
        eventually().until(other::isLeader);
        assertLeads(backup, 1);
        assertNeverLed(primary);
        assertNeverLed(equal);
        assertThat(revision(a)).isEqualTo(head);
        backup.resign();
        assertLeads(primary, 1);
    }

    @Test
    @DisplayName("E10: who asks for it leads again after the delay, once the other has been told")
    void failBack() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Standing backup = join(a, options());
        backup.term(1);
        Duration delay = Duration.ofMillis(300);
        long begin = System.nanoTime();
        Standing primary = join(b, options().withPriority(1).withFailBack(delay));
        assertLeads(primary, 1);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(delay);
        assertThat(backup.reasons()).containsExactly(RevocationReason.FAIL_BACK);
        primary.close();
        assertLeads(backup, 2);
    }

    @Test
    @DisplayName("E11: a leader that is not healthy steps down, and joins again behind its equals")
    void health() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        AtomicBoolean healthy = new AtomicBoolean();
        RecordingListener listener = new RecordingListener();
        Candidacy candidacy = a.elections()
                .join("x", options().withPriority(1).withHealth(healthy::get, Duration.ofMillis(100)), listener);
        Standing first = new Standing(candidacy, listener);
        Standing second = join(b, options().withPriority(1));
        assertLeads(second, 1);
        healthy.set(true);
        eventually().until(() -> members(a) == 2);
        second.resign();
        assertLeads(first, 1);
        healthy.set(false);
        assertThat(listener.reason(1)).isEqualTo(RevocationReason.UNHEALTHY);
        assertLeads(second, 2);
        assertThat(members(a)).isEqualTo(1);
        Standing third = join(b, options().withPriority(1));
        healthy.set(true);
        eventually().until(() -> members(a) == 3);
        second.close();
        assertLeads(third, 1);
        third.close();
        assertLeads(first, 2);
    }

    @Test
    @DisplayName("E11: a check that throws or does not return counts as not healthy")
    void healthThatFails() {
        Node a = new Node(nodes);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger mode = new AtomicInteger();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        try {
            CandidateOptions checked = options()
                    .withHealth(
                            () -> {
                                overlaps.addAndGet(running.getAndIncrement());
                                try {
                                    return answer(mode.get(), end);
                                } finally {
                                    running.decrementAndGet();
                                }
                            },
                            Duration.ofMillis(100));
            RecordingListener listener = new RecordingListener();
            Candidacy candidacy = a.elections().join("x", checked, listener);
            listener.term(1);
            mode.set(1);
            assertThat(listener.reason(1)).isEqualTo(RevocationReason.UNHEALTHY);
            mode.set(0);
            listener.term(2);
            mode.set(2);
            assertThat(listener.reason(2)).isEqualTo(RevocationReason.UNHEALTHY);
            eventually().until(() -> members(a) == 0);
            mode.set(0);
            end.countDown();
            listener.term(3);
            assertThat(candidacy.isLeader()).isTrue();
            assertThat(overlaps).hasValue(0);
        } finally {
            end.countDown();
        }
    }

    private static boolean answer(int mode, CountDownLatch end) {
        if (mode == 1) {
            throw new IllegalStateException("by the check");
        }
        try {
            return mode == 0 || end.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    // --- many -------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("E12: elections of different names do not disturb each other")
    void otherNames() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        RecordingListener[] told = new RecordingListener[4];
        Candidacy[] all = new Candidacy[4];
        for (int i = 0; i < 4; i++) {
            told[i] = new RecordingListener();
            all[i] = (i % 2 == 0 ? a : b).elections().join("name" + i, options(), told[i]);
        }
        for (RecordingListener each : told) {
            each.term(1);
        }
        all[0].close();
        for (int i = 1; i < 4; i++) {
            assertThat(all[i].isLeader()).isTrue();
            assertThat(told[i].reasons()).isEmpty();
        }
    }

    @Test
    @DisplayName("E13: a change of the leader takes four revisions, however many wait")
    void fewWrites() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        List<Standing> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(join(both[i % 2], options()));
        }
        all.get(0).term(1);
        for (int i = 0; i < 4; i++) {
            long head = revision(both[0]);
            all.get(i).resign();
            all.get(i + 1).term(1);
            eventually().until(() -> members(both[0]) == 8);
            assertThat(revision(both[0]) - head).isEqualTo(4);
        }
    }

    @Test
    @DisplayName("E14: who does not stand sees who leads, without asking the store")
    void observers() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        List<Optional<Leader>> told = new CopyOnWriteArrayList<>();
        try (ElectionView view = b.elections().observe("x")) {
            assertThat(view.leader()).isEmpty();
            eventually().until(() -> view.status().isCurrent());
            Subscription listening = view.onChange(told::add);
            Standing first = join(a, options().withPriority(3));
            LeaderTerm term = first.term(1);
            eventually()
                    .untilAsserted(() -> assertThat(view.leader()).get().satisfies(leader -> {
                        assertThat(leader.owner()).isEqualTo(a.name());
                        assertThat(leader.priority()).isEqualTo(3);
                        assertThat(leader.token()).isEqualTo(term.token());
                        assertThat(leader.since()).isAfter("2020-01-01T00:00:00Z");
                    }));
            first.close();
            eventually().until(() -> view.leader().isEmpty());
            eventually()
                    .untilAsserted(() -> assertThat(told.stream()
                                    .map(leader -> leader.map(Leader::token))
                                    .toList())
                            .containsExactly(Optional.empty(), Optional.of(term.token()), Optional.empty()));
            listening.close();
        }
    }

    @Test
    @DisplayName("E16: what cannot be is refused before anything is asked")
    void badArguments() {
        Node a = new Node(nodes);
        RecordingListener listener = new RecordingListener();
        assertThatThrownBy(() -> a.elections().join("", listener)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> a.elections().join("no spaces", listener))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no spaces");
        assertThatThrownBy(() -> a.elections().observe("no spaces")).isInstanceOf(IllegalArgumentException.class);
        for (Duration each : List.of(Duration.ofMillis(-1), Duration.ofDays(366))) {
            assertThatThrownBy(() -> options().withFailBack(each))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(each.toString());
        }
        for (Duration each : List.of(Duration.ZERO, Duration.ofMillis(99), Duration.ofDays(366))) {
            assertThatThrownBy(() -> options().withLease(each))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(each.toString());
            assertThatThrownBy(() -> options().withHealth(() -> true, each))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(each.toString());
        }
    }

    // --- the store --------------------------------------------------------------------------------------------------

    private SyncMap<Member> stored(Node by) {
        return by.service()
                .map(Topic.of("election:" + nodes.unique("x"), Member.class).withIdleExpiry(Duration.ofHours(1)));
    }

    /** The leader and those who wait. */
    private int members(Node by) {
        return stored(by).read(Selection.first("", 1_000)).entries().size();
    }

    private Optional<Leader> leader(Node by) {
        return stored(by).get(Succession.LEADER).map(Leader::of);
    }

    private long revision(Node by) {
        return stored(by).read(Selection.none()).head().revision();
    }

    private void clear(Node by) {
        SyncMap<Member> stored = stored(by);
        stored.commit(
                commit -> stored.read(Selection.first("", 100)).entries().forEach(entry -> commit.delete(entry.key())));
    }
}
