package io.distsync.semaphore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.distsync.RecipeConformance;
import io.distsync.RecipeNodes;
import io.distsync.ServiceFixture.Capability;
import io.distsync.SyncMap;
import io.distsync.Together;
import io.distsync.Topic;
import io.distsync.backend.Selection;
import io.distsync.error.NotAppliedException;
import io.distsync.error.OutcomeUnknownException;
import io.distsync.error.SyncException;
import io.distsync.lease.LossReason;
import io.distsync.lease.Release;
import io.distsync.queue.Claim;
import io.distsync.queue.Contender;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@link SyncSemaphores} promises, on every backend. */
public abstract class SemaphoreConformance extends RecipeConformance {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration LEASE = Duration.ofSeconds(6);

    /** Long enough for a busy machine to answer in. */
    private static final Duration SHORT = Duration.ofMillis(500);

    private static final class Node extends RecipeNodes.Node {

        private final String prefix;
        private final SyncSemaphores semaphores;

        Node(RecipeNodes nodes) {
            this(nodes, LEASE);
        }

        Node(RecipeNodes nodes, Duration lease) {
            super(nodes);
            prefix = "semaphore:" + nodes.unique("");
            semaphores = SyncSemaphores.builder(service())
                    .owner(name())
                    .prefix(prefix)
                    .lease(lease)
                    .time(time())
                    .build();
        }

        SyncSemaphore semaphore(int permits) {
            return semaphores.semaphore("x", permits);
        }

        /** The topic of {@link #semaphore}. */
        SyncMap<Contender> stored() {
            return service().map(Topic.of(prefix + "x", Contender.class));
        }

        int queue() {
            return stored().read(Selection.first(Claim.QUEUE, 1_000)).entries().size();
        }

        @Override
        protected void closeRecipe() {
            semaphores.close();
        }
    }

    private static Permit held(Optional<Permit> permit) {
        assertThat(permit).as("the permit").isPresent();
        assertThat(permit.get().isValid()).isTrue();
        return permit.get();
    }

    private static Permit take(SyncSemaphore semaphore) {
        return held(semaphore.tryAcquire(LONG));
    }

    private static Permit granted(CompletableFuture<Optional<Permit>> asked) {
        assertThat(asked).succeedsWithin(BOUND);
        return held(asked.join());
    }

    /** Takes it only if it is free; a store that is slow for a moment is asked again. */
    private static Optional<Permit> tryNow(SyncSemaphore semaphore) {
        return eventually()
                .ignoreException(OutcomeUnknownException.class)
                .until(() -> semaphore.tryAcquire(Duration.ZERO), answer -> true);
    }

    // --- taking and giving back -------------------------------------------------------------------------------------

    @Test
    @DisplayName("P1: threads of two nodes are never more than the permits, and as many as them")
    void exclusion() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        Together.run(8, thread -> {
            SyncSemaphore semaphore = both[thread % 2].semaphore(3);
            for (int n = 0; n < 25; n++) {
                int last = semaphore.withPermit(LONG, permit -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    done.incrementAndGet();
                    return inside.getAndDecrement();
                });
                assertThat(last).isBetween(1, 3);
            }
        });
        assertThat(most).hasValueLessThanOrEqualTo(3).hasValueGreaterThan(0);
        assertThat(done).hasValue(200);
        assertThat(both[1].semaphore(3).availablePermits()).isEqualTo(3);
        Deque<Permit> permits = new ArrayDeque<>();
        for (int i = 0; i < 3; i++) {
            permits.add(take(both[i % 2].semaphore(3)));
        }
        assertThat(tryNow(both[0].semaphore(3))).isEmpty();
        permits.forEach(permit -> assertThat(permit.release()).isEqualTo(Release.RELEASED));
    }

    @Test
    @DisplayName(
            "P2: permits are granted in the order in which they were asked for, and the smaller wish does not overtake")
    void firstComeFirstServed() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        Permit first = take(both[0].semaphore(2));
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<?>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int number = i;
            int permits = 2 - i % 2;
            all.add(both[i / 2 % 2].semaphore(2).tryAcquireAsync(permits, LONG).thenAccept(granted -> {
                order.add(number);
                assertThat(granted.orElseThrow().release()).isEqualTo(Release.RELEASED);
            }));
            int waiting = i + 2;
            eventually().until(() -> both[0].queue() == waiting);
        }
        assertThat(order).isEmpty();
        first.close();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        assertThat(order).isEqualTo(IntStream.range(0, 8).boxed().toList());
        eventually().until(() -> both[0].queue() == 0);
    }

    @Test
    @DisplayName("P3: giving back twice gives back once")
    void releaseTwice() {
        SyncSemaphore semaphore = new Node(nodes).semaphore(2);
        Permit first = take(semaphore);
        Permit second = take(semaphore);
        assertThat(first.release()).isEqualTo(Release.RELEASED);
        assertThat(first.release()).isEqualTo(Release.RELEASED);
        first.close();
        assertThat(first.isValid()).isFalse();
        Permit third = take(semaphore);
        assertThat(tryNow(semaphore)).isEmpty();
        assertThat(second.isValid()).isTrue();
        assertThat(third.isValid()).isTrue();
        assertThat(semaphore.availablePermits()).isZero();
    }

    @Test
    @DisplayName("P3: what is given up while waiting takes nothing")
    void cancel() {
        Node node = new Node(nodes);
        SyncSemaphore semaphore = node.semaphore(1);
        Permit held = take(semaphore);
        CompletableFuture<Optional<Permit>> waiting = semaphore.tryAcquireAsync(LONG);
        eventually().until(() -> node.queue() == 2);
        assertThat(waiting.cancel(false)).isTrue();
        eventually().until(() -> node.queue() == 1);
        assertThat(tryNow(semaphore)).isEmpty();
        eventually().until(() -> node.queue() == 1);
        assertThat(held.release()).isEqualTo(Release.RELEASED);
        assertThat(take(semaphore).release()).isEqualTo(Release.RELEASED);
    }

    // --- the number of permits --------------------------------------------------------------------------------------

    @Test
    @DisplayName("P4: more permits let waiters in at once, wherever they wait")
    void grow() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Permit held = take(a.semaphore(1));
        CompletableFuture<Optional<Permit>> here = a.semaphore(1).tryAcquireAsync(LONG);
        eventually().until(() -> a.queue() == 2);
        CompletableFuture<Optional<Permit>> there = b.semaphore(1).tryAcquireAsync(LONG);
        eventually().until(() -> a.queue() == 3);
        b.semaphore(1).resize(3);
        assertThat(here).succeedsWithin(BOUND);
        assertThat(there).succeedsWithin(BOUND);
        assertThat(held(here.join()).release()).isEqualTo(Release.RELEASED);
        assertThat(held(there.join()).release()).isEqualTo(Release.RELEASED);
        assertThat(held.isValid()).isTrue();
        assertThat(a.semaphore(1).permits()).isEqualTo(3);
        assertThat(a.semaphore(1).availablePermits()).isEqualTo(2);
    }

    @Test
    @DisplayName("P4: fewer permits take nothing away, and let nobody in until enough were given back")
    void shrink() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        List<Permit> held = List.of(take(a.semaphore(3)), take(a.semaphore(3)), take(b.semaphore(3)));
        a.semaphore(3).resize(1);
        assertThat(held).allMatch(Permit::isValid);
        CompletableFuture<Optional<Permit>> waiting = b.semaphore(3).tryAcquireAsync(LONG);
        eventually().until(() -> a.queue() == 4);
        held.get(0).close();
        held.get(2).close();
        eventually().until(() -> a.queue() == 2);
        assertThat(tryNow(b.semaphore(3))).isEmpty();
        assertThat(waiting).isNotDone();
        held.get(1).close();
        assertThat(granted(waiting).release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName(
            "P4: who does not know of fewer permits yet does not get one too many, nor is one refused who does not know of more")
    void unknownNumber() {
        nodes.require(Capability.FEED_DELAY);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        List<Permit> held = List.of(take(a.semaphore(2)), take(a.semaphore(2)));
        CompletableFuture<Optional<Permit>> waiting = a.semaphore(2).tryAcquireAsync(LONG);
        eventually().until(() -> a.queue() == 3);
        a.holdFeeds();
        b.semaphore(2).resize(1);
        held.get(0).close();
        assertThat(tryNow(a.semaphore(2))).isEmpty();
        assertThat(waiting).isNotDone();
        a.releaseFeeds();
        held.get(1).close();
        assertThat(waiting).succeedsWithin(BOUND);
        b.semaphore(2).resize(5);
        assertThat(tryNow(a.semaphore(2))).isPresent();
        assertThat(tryNow(a.semaphore(2))).isPresent();
        assertThat(tryNow(b.semaphore(2))).isPresent();
    }

    @Test
    @DisplayName("P4: two nodes that begin with different numbers agree on one")
    void differentNumbers() {
        Node[] both = {new Node(nodes), new Node(nodes)};
        List<CompletableFuture<Optional<Permit>>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(both[i % 2].semaphore(1 + i % 2 * 3).tryAcquireAsync(Duration.ofMillis(500)));
        }
        long held = all.stream()
                .filter(permit -> {
                    assertThat(permit).succeedsWithin(BOUND);
                    return permit.join().isPresent();
                })
                .count();
        assertThat(held).isEqualTo(both[0].semaphore(1).permits()).isIn(1L, 4L);
    }

    @Test
    @DisplayName("P4: the number the store has counts, and not the one a node begins with")
    void storeDecides() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Permit first = take(a.semaphore(1));
        eventually().until(() -> a.stored().get(SyncSemaphore.CAPACITY).isPresent());
        assertThat(b.semaphore(9).permits()).isEqualTo(1);
        assertThat(tryNow(b.semaphore(9))).isEmpty();
        a.semaphore(1).resize(0);
        first.close();
        assertThat(tryNow(b.semaphore(9))).isEmpty();
        b.semaphore(9).resize(1);
        assertThat(take(b.semaphore(9)).release()).isEqualTo(Release.RELEASED);
    }

    // --- leases -----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("P5: a holder that is not heard of loses its permits, knows it, and others get them")
    void pausedHolder() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Permit one = take(a.semaphore(2));
        Permit other = take(a.semaphore(2));
        List<LossReason> lost = new CopyOnWriteArrayList<>();
        one.onLost(lost::add);
        a.wakeAfter(LEASE);
        nodes.advance(LEASE);
        List<Permit> now = List.of(take(b.semaphore(2)), take(b.semaphore(2)));
        assertThat(one.isValid()).isFalse();
        assertThat(other.isValid()).isFalse();
        eventually().untilAsserted(() -> assertThat(lost).containsExactly(LossReason.EXPIRED));
        assertThat(one.release()).isEqualTo(Release.ALREADY_LOST);
        assertThat(other.release()).isEqualTo(Release.ALREADY_LOST);
        assertThat(now).allMatch(Permit::isValid);
        assertThat(b.semaphore(2).availablePermits()).isZero();
    }

    @Test
    @DisplayName("P5: permits are renewed for as long as they are held, and so are waiters")
    void renewal() {
        nodes.require(Capability.STORE_TIME);
        Node a = new Node(nodes, Duration.ofMillis(1_500));
        Permit held = take(a.semaphore(1));
        CompletableFuture<Optional<Permit>> waiting = a.semaphore(1).tryAcquireAsync(LONG);
        eventually().until(() -> a.queue() == 2);
        for (int i = 0; i < 3; i++) {
            awaitRenewal(held::remaining);
            nodes.advance(Duration.ofMillis(600));
        }
        assertThat(held.isValid()).isTrue();
        assertThat(waiting).isNotDone();
        held.close();
        assertThat(granted(waiting).release()).isEqualTo(Release.RELEASED);
    }

    @Test
    @DisplayName("P5: a waiter whose place the store lost joins again")
    void placeIsLost() {
        Node a = new Node(nodes);
        Node b = new Node(nodes, Duration.ofMillis(300));
        Permit held = take(a.semaphore(1));
        CompletableFuture<Optional<Permit>> waiting = b.semaphore(1).tryAcquireAsync(LONG);
        eventually().until(() -> a.queue() == 2);
        a.stored()
                .remove(a.stored()
                        .read(Selection.last(Claim.QUEUE, 1))
                        .entries()
                        .get(0)
                        .key());
        eventually().until(() -> a.queue() == 2);
        held.close();
        assertThat(granted(waiting).release()).isEqualTo(Release.RELEASED);
    }

    // --- the end ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("P6: semaphores that are closed give back what is held, and who waits fails")
    void closing() {
        Node a = new Node(nodes);
        Node b = new Node(nodes);
        Permit held = take(a.semaphore(1));
        CompletableFuture<Optional<Permit>> waiting = a.semaphore(1).tryAcquireAsync(LONG);
        eventually().until(() -> b.queue() == 2);
        a.closeRecipe();
        assertThat(waiting)
                .failsWithin(BOUND)
                .withThrowableThat()
                .withCauseInstanceOf(SyncException.class) // what the store has may not have been told here yet
                .withMessageContaining("closed");
        assertThat(held.isValid()).isFalse();
        assertThat(b.queue()).isZero();
        assertThat(held(b.semaphore(1).tryAcquire(LEASE.dividedBy(2))).release())
                .isEqualTo(Release.RELEASED);
        assertThatThrownBy(() -> a.semaphore(1).tryAcquire(Duration.ZERO))
                .isInstanceOf(NotAppliedException.class)
                .hasMessageContaining("semaphore 'x'");
    }

    @Test
    @DisplayName("P7: a store that is away is told within the wait and little more")
    void storeIsAway() {
        nodes.require(Capability.CONNECTION);
        Node a = new Node(nodes);
        take(a.semaphore(1)).close();
        a.cut();
        long begin = System.nanoTime();
        assertThatThrownBy(() -> a.semaphore(1).tryAcquire(Duration.ofMillis(200)))
                .isInstanceOf(SyncException.class)
                .hasMessageContaining("'x'");
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .as("the service itself would try for five seconds")
                .isLessThan(Duration.ofSeconds(3));
        a.heal();
        eventually().until(() -> a.queue() == 0);
    }

    @Test
    @DisplayName("P8: what cannot be is refused before anything is asked")
    void badArguments() {
        Node a = new Node(nodes);
        for (int permits : new int[] {-1, 0, SyncSemaphores.MAX_PERMITS + 1}) {
            assertThatThrownBy(() -> a.semaphore(permits))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("" + permits);
            assertThatThrownBy(() -> a.semaphore(1).tryAcquire(permits, LONG))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("" + permits);
        }
        assertThatThrownBy(() -> a.semaphore(1).resize(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> a.semaphore(1).tryAcquire(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PT-0.001S");
        assertThatThrownBy(() -> a.semaphores.semaphore("no spaces", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no spaces");
        assertThatThrownBy(() -> SyncSemaphores.builder(a.service()).lease(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("P8: an action that was not begun, and one that throws")
    void scoped() {
        SyncSemaphore semaphore = new Node(nodes).semaphore(1);
        IllegalStateException thrown = new IllegalStateException("by the action");
        assertThatThrownBy(() -> semaphore.withPermit(LONG, permit -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
        try (Permit permit = take(semaphore)) {
            assertThat(permit.name()).isEqualTo("x");
            assertThatThrownBy(() -> semaphore.withPermit(SHORT, other -> "never"))
                    .isInstanceOf(NoPermitException.class)
                    .hasMessageContaining("'x'");
        }
    }
}
